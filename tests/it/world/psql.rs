//! A psql that is asked one question after the other: each of its own costs a process and a session.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// What stands behind an answer.
const END: &str = "\u{1e}end";

#[derive(Debug)]
pub struct Psql {
    url: String,
    /// Nothing while the server cannot be asked.
    open: Option<(Child, ChildStdin, BufReader<ChildStdout>)>,
}

impl Psql {
    pub fn new(url: String) -> Self {
        Self { url, open: None }
    }

    /// A query's rows, every value as text, NULL as an empty one; `None` where nobody answers.
    pub fn rows(&mut self, sql: &str) -> Option<Vec<Vec<String>>> {
        let answer = self.ask(sql);
        if answer.is_none() {
            self.close();
        }
        answer
    }

    fn ask(&mut self, sql: &str) -> Option<Vec<Vec<String>>> {
        if self.open.is_none() {
            let mut child = Command::new("psql")
                .args(["-XAtq", "-F", "\u{1f}", "-v", "ON_ERROR_STOP=1", &self.url])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
            self.open = Some((child, input, BufReader::new(output)));
        }
        let (_, input, output) = self.open.as_mut()?;
        writeln!(input, "{sql};\n\\echo {END}").ok()?;
        input.flush().ok()?;
        let mut rows = Vec::new();
        for line in output.lines() {
            let line = line.ok()?;
            if line == END {
                return Some(rows);
            }
            rows.push(line.split('\u{1f}').map(str::to_owned).collect());
        }
        None
    }

    fn close(&mut self) {
        if let Some((mut child, input, _)) = self.open.take() {
            drop(input);
            let _gone = child.kill().and_then(|()| child.wait());
        }
    }
}

impl Drop for Psql {
    fn drop(&mut self) {
        self.close();
    }
}
