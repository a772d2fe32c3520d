//! Secrets from files, variables and systemd credentials.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by failing")]

use rosterd::config::SecretRef;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const NOTHING: SecretRef = SecretRef { file: None, env: None, credential: None };

fn write(path: &Path, content: &str, mode: u32) {
    std::fs::write(path, content).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn file(path: &Path) -> Result<String, String> {
    let secret = SecretRef { file: Some(path.to_owned()), ..NOTHING };
    secret.resolve().map(|secret| secret.expose().to_owned()).map_err(|error| error.to_string())
}

#[test]
fn one_line_end_is_not_part_of_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    for (content, expected) in [("a b\n", "a b"), ("x\r\n", "x"), ("x\n\n", "x\n"), ("x", "x"), (" x ", " x ")] {
        write(&path, content, 0o600);
        assert_eq!(file(&path).as_deref(), Ok(expected));
    }
}

#[test]
fn w24_a_secret_that_everybody_can_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    for (mode, refused) in [
        (0o600, None),
        (0o440, None),
        (0o400, None),
        (0o644, Some("read")),
        (0o604, Some("read")),
        (0o602, Some("written")),
    ] {
        write(&path, "hunter2\n", mode);
        match (file(&path), refused) {
            (Ok(secret), None) => assert_eq!(secret, "hunter2"),
            (Err(error), Some(what)) => {
                assert!(
                    error.contains(&format!("can be {what} by everybody (mode {mode:04o}): chmod o-rw")),
                    "{error}"
                );
                assert!(error.contains(&path.display().to_string()) && !error.contains("hunter2"), "{error}");
            }
            (result, _) => panic!("{mode:o}: {result:?}"),
        }
    }
}

#[test]
fn what_holds_no_secret_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    for (content, expected) in [("", "is empty"), ("\n", "is empty")] {
        write(&path, content, 0o600);
        assert!(file(&path).unwrap_err().contains(expected));
    }
    write(&path, &"x".repeat(70_000), 0o600);
    assert!(file(&path).unwrap_err().contains("larger than"));
    assert!(file(&folder.path().join("none")).unwrap_err().contains("cannot be read"));
    assert!(file(folder.path()).unwrap_err().contains("not a regular file"));
    std::fs::write(&path, b"\xff\xfe").unwrap();
    assert!(file(&path).is_err());
    assert!(NOTHING.resolve().is_err());
}

#[test]
fn from_the_environment() {
    let secret = SecretRef { env: Some("S".to_owned()), ..NOTHING };
    let resolve = |value: Option<&str>| secret.resolve_with(&|_| value.map(OsString::from));
    assert_eq!(resolve(Some("x")).unwrap().expose(), "x");
    assert_eq!(resolve(Some("")).unwrap_err().to_string(), "environment variable S is empty");
    assert_eq!(resolve(None).unwrap_err().to_string(), "environment variable S is not set");
    // Cargo sets this one for tests.
    let real = SecretRef { env: Some("CARGO_MANIFEST_DIR".to_owned()), ..NOTHING };
    assert_eq!(real.resolve().unwrap().expose(), env!("CARGO_MANIFEST_DIR"));
}

#[test]
fn from_a_systemd_credential() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("ldap"), "hunter2\n", 0o400);
    let resolve = |name: &str, directory: Option<&Path>| {
        let secret = SecretRef { credential: Some(name.to_owned()), ..NOTHING };
        let env = |asked: &str| {
            assert_eq!(asked, "CREDENTIALS_DIRECTORY");
            directory.map(|path| path.as_os_str().to_owned())
        };
        secret.resolve_with(&env).map(|secret| secret.expose().to_owned()).map_err(|error| error.to_string())
    };
    assert_eq!(resolve("ldap", Some(folder.path())).as_deref(), Ok("hunter2"));
    assert!(resolve("none", Some(folder.path())).unwrap_err().contains("cannot be read"));
    assert!(resolve("ldap", None).unwrap_err().contains("LoadCredential=ldap:PATH"));
    for name in ["", "..", "../ldap", "/etc/passwd"] {
        assert!(resolve(name, Some(folder.path())).unwrap_err().contains("plain file name"));
    }
}
