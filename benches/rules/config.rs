//! How long the program takes to read and check a file of many rules.

use crate::timed;
use anyhow::{Result, ensure};
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

pub(crate) fn measure(program: &Path, sizes: &[u32]) -> Result<()> {
    println!("{:<10} {:>8} {:>10} {:>12}", "", "rules", "seconds", "µs a rule");
    let folder = tempfile::tempdir()?;
    for format in ["toml", "yaml", "json"] {
        for rules in sizes {
            let file = folder.path().join(format!("{rules}.{format}"));
            std::fs::write(&file, text(format, *rules))?;
            let mut command = Command::new(program);
            command.arg("--config").arg(&file).args(["check", "config"]).stdout(Stdio::null());
            let (status, seconds) = timed(|| command.status());
            ensure!(status?.success(), "{command:?}");
            let each = seconds * 1e6 / f64::from(*rules);
            println!("{format:<10} {rules:>8} {seconds:>8.3} s {each:>12.2}");
        }
    }
    Ok(())
}

fn text(format: &str, rules: u32) -> String {
    let mut out = match format {
        "toml" => "version = 1\nproviders.corp.file.path = \"people.ldif\"\n".to_owned(),
        "yaml" => "version: 1\nproviders: {corp: {file: {path: people.ldif}}}\nrules:\n".to_owned(),
        _ => "{\"version\": 1, \"providers\": {\"corp\": {\"file\": {\"path\": \"people.ldif\"}}}, \"rules\": ["
            .to_owned(),
    };
    for n in 0..rules {
        // Writing to a String cannot fail.
        let _ = match format {
            "toml" => writeln!(
                out,
                "[[rules]]\nid = \"rule-{n}\"\nmatch.group = \"cn=group-{n},ou=groups,dc=example,dc=org\"\norg = \"Org {n}\"\nrole = \"Viewer\"\n"
            ),
            "yaml" => writeln!(
                out,
                "- {{id: rule-{n}, match: {{group: \"cn=group-{n},dc=example\"}}, org: Org {n}, role: Viewer}}"
            ),
            _ => write!(
                out,
                "{}{{\"id\": \"rule-{n}\", \"match\": {{\"group\": \"cn=group-{n},dc=example\"}}, \"org\": \"Org {n}\", \"role\": \"Viewer\"}}",
                if n == 0 { "" } else { "," }
            ),
        };
    }
    if format == "json" {
        out.push_str("]}");
    }
    out
}
