//! Changes to a directory, by the command-line tools, as its administrator makes them.

use super::company::{Person, person_dn};
use super::slapd::{ADMIN, SUFFIX, Slapd};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A directory that can be changed.
pub trait Edited {
    /// Where it is reached, without TLS.
    fn url(&self) -> String;

    /// Who may change everything: DN and password.
    fn admin(&self) -> (&str, &str);

    /// Ends it; the data stays.
    fn stop(&mut self);

    /// Starts it again on the same port.
    fn start_again(&mut self);

    /// The folder that holds what is in it.
    fn data(&self) -> PathBuf;

    fn restart(&mut self) {
        self.stop();
        self.start_again();
    }

    /// A copy of everything in it, as a backup makes one.
    fn save(&mut self) -> TempDir {
        let copy = TempDir::new().unwrap();
        self.stop();
        copy_folder(&self.data(), copy.path());
        self.start_again();
        copy
    }

    /// Has in it what it had when it was saved.
    fn restore(&mut self, copy: &TempDir) {
        self.stop();
        std::fs::remove_dir_all(self.data()).unwrap();
        std::fs::create_dir(self.data()).unwrap();
        copy_folder(copy.path(), &self.data());
        self.start_again();
    }

    /// The DN of the person of that login.
    fn person(&self, login: &str) -> String {
        person_dn(login)
    }

    /// Somebody new, as LDIF. The directory chooses the immutable id.
    fn person_entry(&self, person: &Person) -> String {
        let Person { login, name, email, .. } = person;
        let dn = self.person(login);
        format!("dn: {dn}\nobjectClass: inetOrgPerson\nuid: {login}\ncn: {name}\nsn: x\nmail: {email}\n")
    }

    /// Gives a person another login, and with it another DN.
    fn rename_person(&self, old: &str, new: &str) {
        self.rename(&self.person(old), &format!("uid={new}"), None);
    }

    /// Whether groups follow the names of their members, and forget who is gone, by themselves.
    fn links(&self) -> bool {
        false
    }

    /// Adds entries from LDIF.
    fn add(&self, ldif: &str) {
        self.tool("ldapadd", &[], ldif);
    }

    /// Carries out LDIF change records, `changetype: modify` and `modrdn`.
    fn modify(&self, ldif: &str) {
        self.tool("ldapmodify", &[], ldif);
    }

    /// Deletes entries by DN.
    fn delete<'a>(&self, dns: impl IntoIterator<Item = &'a str>) {
        let list: String = dns.into_iter().map(|dn| format!("{dn}\n")).collect();
        self.tool("ldapdelete", &[], &list);
    }

    /// Adds somebody to a group, by DN.
    fn join(&self, group: &str, member: &str) {
        self.modify(&format!("dn: {group}\nchangetype: modify\nadd: member\nmember: {member}\n"));
    }

    /// Takes somebody out of a group, by DN.
    fn leave(&self, group: &str, member: &str) {
        self.modify(&format!("dn: {group}\nchangetype: modify\ndelete: member\nmember: {member}\n"));
    }

    /// Gives an entry another first name part, and another parent where one is said.
    fn rename(&self, dn: &str, rdn: &str, parent: Option<&str>) {
        let parent = parent.map_or(String::new(), |p| format!("newsuperior: {p}\n"));
        self.modify(&format!("dn: {dn}\nchangetype: modrdn\nnewrdn: {rdn}\ndeleteoldrdn: 1\n{parent}"));
    }

    /// What `ldapsearch` says of `filter`: the attribute's values, in the server's order.
    fn values(&self, filter: &str, attribute: &str) -> Vec<String> {
        let out = self.tool("ldapsearch", &["-LLL", "-o", "ldif-wrap=no", "-b", SUFFIX, filter, attribute], "");
        let prefix = format!("{attribute}: ");
        out.lines().filter_map(|line| line.strip_prefix(&prefix)).map(str::to_owned).collect()
    }

    /// What one of the tools prints; it must succeed.
    fn tool(&self, name: &str, args: &[&str], input: &str) -> String {
        run(&self.url(), self.admin(), name, args, input)
    }
}

impl Edited for Slapd {
    fn url(&self) -> String {
        Self::url(self)
    }

    fn admin(&self) -> (&str, &str) {
        ADMIN
    }

    fn stop(&mut self) {
        Self::stop(self);
    }

    fn start_again(&mut self) {
        Self::start_again(self);
    }

    fn data(&self) -> PathBuf {
        self.folder().join("db")
    }
}

pub fn copy_folder(from: &Path, to: &Path) {
    let done = Command::new("cp").arg("-a").arg(from.join(".")).arg(to).status().unwrap();
    assert!(done.success(), "{} cannot be copied", from.display());
}

fn run(url: &str, (admin, password): (&str, &str), name: &str, args: &[&str], input: &str) -> String {
    let mut child = Command::new(name)
        .args(["-x", "-H", url, "-D", admin, "-w", password])
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success(), "{name} {input}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}
