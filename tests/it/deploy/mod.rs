//! What is in `deploy/` is held to the tools that read it: systemd's, Helm's, Kubernetes' schemas,
//! kubectl's, hadolint's, dpkg's and lintian's; and to the program that it deploys.

mod chart;
mod deb;
mod healthcheck;
mod image;
mod kustomize;
mod objects;
mod restricted;
mod systemd;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A file of the repository.
fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// What `scripts/deploy-tools.sh` installs from PyPI.
fn tool(name: &str) -> Command {
    let path = root("target/tools/deploy/bin").join(name);
    assert!(path.exists(), "{} is missing: make deploy-tools installs it", path.display());
    Command::new(path)
}

/// Runs it; a program that isn't there ends the test with what to install.
#[track_caller]
fn run(command: &mut Command) -> Ran {
    let shown = format!("{command:?}");
    match command.output() {
        Ok(output) => Ran { shown, output },
        Err(error) if error.kind() == ErrorKind::NotFound => {
            panic!("{shown}: not installed; make deploy-tools installs it")
        }
        Err(error) => panic!("{shown}: {error}"),
    }
}

/// How a tool ended.
struct Ran {
    shown: String,
    output: Output,
}

impl Ran {
    /// Stops the test unless it ended with this code.
    #[track_caller]
    fn expect(self, code: i32) -> Self {
        assert!(
            self.output.status.code() == Some(code),
            "{}: {}, not {code}\n{}\n{}",
            self.shown,
            self.output.status,
            self.stdout(),
            self.stderr()
        );
        self
    }

    fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }
}
