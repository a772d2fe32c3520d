//! `rosterd import`: reads another program's files, and writes the three that come of them.

use super::args::{Args, Grafana};
use super::exit::{Exit, Failure};
use super::output::print;
use crate::import::{self, Expressions, Imported, Inputs, Text};
use serde_json::{Value, json};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The largest file that is read, in bytes: what `config` reads, too.
const LARGEST: u64 = 16 * 1024 * 1024;

pub(super) fn run(args: &Args, what: &Grafana) -> Result<Exit, Failure> {
    if what.ldap.is_none() && what.ini.is_none() && what.team_sync.is_some() && variables().is_empty() {
        let message = "team sync alone says nothing about where people come from: give --ldap or --ini as well";
        return Err(Failure::new(Exit::Usage, message));
    }
    let inputs = Inputs {
        ldap: file(what.ldap.as_deref())?,
        ini: file(what.ini.as_deref())?,
        team_sync: file(what.team_sync.as_deref())?,
        orgs: file(what.orgs.as_deref())?,
        environment: environment(),
        compat: what.compat,
    };
    let imported = import::import(&inputs, &Jmespath)
        .map_err(|problems| Failure::new(Exit::Configuration, problems.to_string()))?;
    let written = write(&what.out, &imported)?;
    let count = (imported.converted, imported.look, imported.cannot);
    print(
        args,
        || {
            let files: String = written.iter().map(|path| format!("wrote {}\n", path.display())).collect();
            format!(
                "{files}{} settings converted, {} need a look, {} can't be said: see report.md\n",
                count.0, count.1, count.2
            )
        },
        || {
            let files: Vec<String> = written.iter().map(|path| path.display().to_string()).collect();
            json!({ "files": files, "converted": count.0, "look": count.1, "cannot": count.2 })
        },
    )?;
    Ok(Exit::Done)
}

fn environment() -> Vec<(String, String)> {
    std::env::vars_os().filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?))).collect()
}

/// Grafana's own.
fn variables() -> Vec<(String, String)> {
    environment().into_iter().filter(|(key, _)| key.starts_with("GF_AUTH_")).collect()
}

fn file(path: Option<&Path>) -> Result<Option<Text>, Failure> {
    let Some(path) = path else { return Ok(None) };
    let failed = |why: String| Failure::failed(format!("{}: {why}", path.display()));
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
        .map_err(|error| failed(error.to_string()))?;
    if bytes.len() as u64 > LARGEST {
        return Err(failed(format!("it is larger than {LARGEST} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|_| failed("it is not UTF-8".to_owned()))?;
    let name = path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    Ok(Some(Text { name, text }))
}

/// All three, or none: each is written under another name first, and given its own only where
/// nobody has a file of that name.
fn write(folder: &Path, imported: &Imported) -> Result<Vec<PathBuf>, Failure> {
    let failed = |path: &Path, error: &std::io::Error| Failure::failed(format!("{}: {error}", path.display()));
    let files = [("rosterd.toml", &imported.config), ("tests.yaml", &imported.tests), ("report.md", &imported.report)];
    let paths: Vec<PathBuf> = files.iter().map(|(name, _)| folder.join(name)).collect();
    if let Some(there) = paths.iter().find(|path| path.symlink_metadata().is_ok()) {
        let message = format!("{} is there already, and is never overwritten: name another folder", there.display());
        return Err(Failure::failed(message));
    }
    std::fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    let mut staged = Vec::new();
    let staging = files.iter().zip(&paths).try_for_each(|((_, text), path)| {
        let part = path.with_extension("part");
        staged.push(part.clone());
        std::fs::write(&part, text.as_bytes()).map_err(|error| failed(&part, &error))
    });
    // A link fails where a name is taken; a rename would replace whatever is there.
    let mut named = Vec::new();
    let done = staging.and_then(|()| {
        staged.iter().zip(&paths).try_for_each(|(part, path)| {
            std::fs::hard_link(part, path).map_err(|error| failed(path, &error))?;
            named.push(path);
            Ok(())
        })
    });
    for part in &staged {
        let _ = std::fs::remove_file(part);
    }
    if done.is_err() {
        for path in named {
            let _ = std::fs::remove_file(path);
        }
    }
    done.map(|()| paths)
}

/// JMESPath as the rules have it.
struct Jmespath;

impl Expressions for Jmespath {
    fn check(&self, expression: &str) -> Result<(), String> {
        rosterd_core::mapping::check_expression(expression)
    }

    fn search(&self, expression: &str, document: &Value) -> Result<Value, String> {
        rosterd_core::mapping::search(expression, document)
    }
}
