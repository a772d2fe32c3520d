//! The unit is one that systemd reads without a word, that is closed as far as the service allows,
//! and that starts what the program has.

use super::{root, run};
use crate::architecture::file;
use crate::world::rosterd;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

/// The most exposure that `systemd-analyze security` may find, in tenths of a point of ten.
const EXPOSURE: &str = "15";

/// The unit and its drop-in in a folder of their own, with the program of this build in it.
fn unit() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let text = file("deploy/systemd/rosterd.service").text;
    let path = folder.path().join("rosterd.service");
    fs::write(&path, text.replace("/usr/bin/rosterd", env!("CARGO_BIN_EXE_rosterd"))).unwrap();
    let drop_ins = folder.path().join("rosterd.service.d");
    fs::create_dir(&drop_ins).unwrap();
    fs::copy(root("deploy/systemd/credentials.conf"), drop_ins.join("credentials.conf")).unwrap();
    (folder, path)
}

/// It ends with 0 on unknown keys, too: only silence is good.
fn verify(unit: &PathBuf) -> String {
    let verified = run(Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(unit));
    format!("{}{}", verified.stdout(), verified.stderr())
}

#[test]
fn systemd_has_nothing_to_say_of_the_unit() {
    let (_folder, unit) = unit();
    assert_eq!(verify(&unit), "");
    // What would be said, were there a mistake in the unit or in its drop-in.
    let right = fs::read_to_string(&unit).unwrap();
    fs::write(&unit, right.replace("ProtectClock=", "ProtectClocks=")).unwrap();
    assert!(verify(&unit).contains("ProtectClocks"));
    fs::write(&unit, right).unwrap();
    fs::write(unit.with_extension("service.d").join("credentials.conf"), "[Service]\nLoadCredentials=a:/b\n").unwrap();
    assert!(verify(&unit).contains("LoadCredentials"));
}

#[test]
fn exposure_is_at_most_1_5() {
    let (_folder, unit) = unit();
    let security = |unit: &PathBuf| {
        let threshold = format!("--threshold={EXPOSURE}");
        run(Command::new("systemd-analyze").args(["security", "--offline=true", "--no-pager", &threshold]).arg(unit))
    };
    security(&unit).expect(0);
    // The threshold is one that can be missed.
    let open = fs::read_to_string(&unit).unwrap().replace("SystemCallFilter=", "#").replace("PrivateUsers=", "#");
    fs::write(&unit, open).unwrap();
    security(&unit).expect(1);
}

/// The words in the unit are words of the program.
#[test]
fn the_unit_starts_what_there_is() {
    let folder = TempDir::new().unwrap();
    let text = file("deploy/systemd/rosterd.service").text;
    let mut commands = 0;
    for line in text.lines() {
        let Some(words) = line.split_once("=/usr/bin/rosterd ").map(|(_, words)| words) else { continue };
        let mut words: Vec<&str> = words.split(' ').collect();
        words.push("--help");
        rosterd::start(folder.path(), &words, &[]).wait().expect(0).says("ROSTERD_CONFIG");
        commands += 1;
    }
    assert_eq!(commands, 2);
    assert!(text.contains("\nRestartPreventExitStatus=64 78\n"));
    assert!(file("docs/exit-codes.md").text.contains("78 and 64 don't get better by starting again"));
}

#[test]
fn the_user_is_made_by_sysusers() {
    let made = run(Command::new("systemd-sysusers").arg("--dry-run").arg(root("deploy/systemd/rosterd.sysusers.conf")));
    let made = made.expect(0);
    assert!(!made.stderr().to_lowercase().contains("ignoring"), "{}", made.stderr());
    let unit = file("deploy/systemd/rosterd.service").text;
    assert!(unit.contains("\nUser=rosterd\nGroup=rosterd\n"));
    assert!(file("deploy/systemd/rosterd.sysusers.conf").text.contains("\nu rosterd - "));
}

/// Each line that tmpfiles would not understand is named on its standard error. In a root of its
/// own with the user in it, so that the machine's folders stay as they are.
#[test]
fn the_folders_are_made_by_tmpfiles() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("etc")).unwrap();
    let me = |flag: &str| run(Command::new("id").arg(flag)).expect(0).stdout().trim().to_owned();
    let (user, group) = (me("-u"), me("-g"));
    fs::write(
        folder.path().join("etc/passwd"),
        format!("rosterd:x:{user}:{group}::/:/bin/false\nroot:x:{user}:{group}::/:/bin/false\n"),
    )
    .unwrap();
    fs::write(folder.path().join("etc/group"), format!("rosterd:x:{group}:\nroot:x:{group}:\n")).unwrap();
    let config = root("deploy/systemd/rosterd.tmpfiles.conf");
    let made = run(Command::new("systemd-tmpfiles")
        .arg(format!("--root={}", folder.path().display()))
        .arg("--create")
        .arg(config))
    .expect(0);
    assert_eq!(made.stderr(), "");
    for path in ["etc/rosterd", "etc/rosterd/secrets", "var/lib/rosterd"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(folder.path().join(path)).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o750, "{path}");
    }
}
