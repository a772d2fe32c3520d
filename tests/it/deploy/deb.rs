//! The Debian package: made twice the same, as lintian wants it, and its program runs from it.

use super::{Ran, root, run};
use crate::world::rosterd;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use tempfile::TempDir;

/// The script's run on this build's program, compressed little, since that takes most of the time.
fn package(folder: &Path) -> PathBuf {
    let made = run(Command::new(root("scripts/package-deb.sh"))
        .arg(env!("CARGO_BIN_EXE_rosterd"))
        .arg(folder)
        .env("DEB_COMPRESSION", "-Zgzip -z1"));
    PathBuf::from(made.expect(0).stdout().trim())
}

/// One package for all tests.
fn made() -> &'static Path {
    static MADE: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    &MADE
        .get_or_init(|| {
            let folder = TempDir::new().unwrap();
            let package = package(folder.path());
            (folder, package)
        })
        .1
}

fn dpkg(action: &str, rest: &[&Path]) -> Ran {
    run(Command::new("dpkg-deb").arg(action).arg(made()).args(rest)).expect(0)
}

#[test]
fn lintian_finds_nothing() {
    let checked = run(Command::new("lintian")
        .args(["--allow-root", "--fail-on", "error,warning", "--suppress-tags-from-file"])
        .arg(root("deploy/debian/lintian-suppressed"))
        .arg(made()));
    let checked = checked.expect(0);
    assert_eq!(checked.stdout(), "");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let folder = TempDir::new().unwrap();
    let again = package(folder.path());
    assert!(fs::read(made()).unwrap() == fs::read(again).unwrap());
}

#[test]
fn it_says_what_it_is() {
    let control = dpkg("--info", &[]).stdout();
    for line in ["Package: rosterd", concat!("Version: ", env!("CARGO_PKG_VERSION"), "-1"), "libc6 (>=", "conffiles"] {
        assert!(control.contains(line), "{line} in {control}");
    }
    for placeholder in ["@VERSION@", "@ARCHITECTURE@", "@MAINTAINER@", "@SIZE@", "@LIBRARIES@"] {
        assert!(!control.contains(placeholder), "{control}");
    }
    let conffiles = run(Command::new("dpkg-deb").args(["--ctrl-tarfile"]).arg(made())).expect(0);
    assert!(conffiles.stdout().contains("/etc/rosterd/rosterd.toml"));
}

/// Everything belongs to root, nothing is setuid or writable by others, and all parts are there.
#[test]
fn it_holds_what_a_service_needs() {
    let contents = dpkg("--contents", &[]).stdout();
    for line in contents.lines() {
        let (mode, rest) = line.split_once(' ').unwrap();
        assert!(rest.starts_with("root/root "), "{line}");
        assert!(!mode.contains(['s', 't', 'S', 'T']), "{line}");
        assert!(mode.as_bytes()[8] == b'-' || mode.starts_with('l'), "{line}");
    }
    for path in [
        "/usr/bin/rosterd",
        "/usr/lib/systemd/system/rosterd.service",
        "/usr/lib/sysusers.d/rosterd.conf",
        "/usr/lib/tmpfiles.d/rosterd.conf",
        "/etc/rosterd/rosterd.toml",
        "/usr/share/man/man1/rosterd.1.gz",
        "/usr/share/man/man1/rosterd-healthcheck.1.gz",
        "/usr/share/bash-completion/completions/rosterd",
        "/usr/share/zsh/vendor-completions/_rosterd",
        "/usr/share/fish/vendor_completions.d/rosterd.fish",
        "/usr/share/doc/rosterd/copyright",
        "/usr/share/doc/rosterd/changelog.gz",
        "/usr/share/doc/rosterd/examples/rosterd.toml",
        "/usr/share/doc/rosterd/examples/openldap.toml",
        "/usr/share/doc/rosterd/examples/roles/licence-tiers.toml",
        "/usr/share/doc/rosterd/examples/credentials.conf",
    ] {
        assert!(contents.contains(&format!(" .{path}\n")), "{path} in {contents}");
    }
    // Enabling is a person's decision.
    assert!(!contents.contains(".wants/"));
}

#[test]
fn its_program_and_its_configuration_go_together() {
    let folder = TempDir::new().unwrap();
    dpkg("--extract", &[folder.path()]);
    let program = folder.path().join("usr/bin/rosterd");
    let version = run(Command::new(&program).arg("--version")).expect(0);
    assert_eq!(version.stdout(), concat!("rosterd ", env!("CARGO_PKG_VERSION"), "\n"));
    let config = folder.path().join("etc/rosterd/rosterd.toml");
    run(Command::new(&program).arg("--config").arg(&config).args(["check", "config"])).expect(0);
    // As it comes it has no provider: the service ends with a code that systemd does not repeat.
    run(Command::new(&program).arg("--config").arg(&config).args(["plan"])).expect(78);
    // What is commented out is right as soon as it is not.
    let text = fs::read_to_string(&config).unwrap();
    let whole: String = text
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(key) if !key.starts_with(' ') => format!("{key}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    assert!(whole.contains("\n[providers.corp]\n"));
    fs::write(folder.path().join("whole.toml"), whole).unwrap();
    rosterd::start(folder.path(), &["-c", "whole.toml", "check", "config"], &[]).wait().expect(0);
}

#[test]
fn its_scripts_are_shell_and_enable_nothing() {
    for script in ["postinst", "prerm", "postrm"] {
        let path = root("deploy/debian").join(script);
        run(Command::new("sh").arg("-n").arg(&path)).expect(0);
        let text = fs::read_to_string(path).unwrap();
        let commands: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("echo ")).collect();
        assert!(!commands.join("\n").contains("systemctl enable"), "{script}");
    }
}
