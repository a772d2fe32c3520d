//! The image's recipe. No daemon builds it here: hadolint reads it, and what it relies on is tried
//! one by one, down to the program in a folder that holds nothing but its libraries.

use super::{root, run, tool};
use crate::architecture::{file, files};
use crate::world::rosterd;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const DOCKERFILE: &str = "deploy/docker/Dockerfile";

/// What `gcr.io/distroless/cc-debian12` holds: the packages libc6, libgcc-s1, libstdc++6, libgomp1.
const LIBRARIES: [&str; 10] = [
    "ld-linux-aarch64.so",
    "ld-linux-x86-64.so",
    "libc.so",
    "libdl.so",
    "libgcc_s.so",
    "libm.so",
    "libpthread.so",
    "librt.so",
    "libstdc++.so",
    "linux-vdso.so",
];

/// What the feature `gssapi` brings, which is not in the image's program.
const KERBEROS: [&str; 7] = [
    "libcom_err.so",
    "libgssapi_krb5.so",
    "libk5crypto.so",
    "libkeyutils.so",
    "libkrb5.so",
    "libkrb5support.so",
    "libresolv.so",
];

#[test]
fn hadolint_finds_nothing() {
    for recipe in [DOCKERFILE, "deploy/docker/Dockerfile.saml"] {
        let clean = run(tool("hadolint").arg(root(recipe))).expect(0);
        assert_eq!(clean.stdout(), "");
    }
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("Dockerfile");
    fs::write(&path, format!("{}\nRUN apt-get install curl\n", file(DOCKERFILE).text)).unwrap();
    let said = run(tool("hadolint").arg(path)).expect(1);
    assert!(said.stdout().contains("DL3008"), "{}", said.stdout());
}

/// The instruction's last use, its words behind it.
fn last<'a>(text: &'a str, instruction: &str) -> &'a str {
    text.lines().filter_map(|line| line.trim().strip_prefix(instruction)).next_back().unwrap().trim()
}

#[test]
fn it_runs_the_program_without_root_and_without_a_shell() {
    let text = file(DOCKERFILE).text;
    let (user, group) = last(&text, "USER ").split_once(':').unwrap();
    assert!(user.parse::<u32>().unwrap() > 0 && group.parse::<u32>().unwrap() > 0);
    let exec = |words: &str| -> Vec<String> { serde_json::from_str(words).unwrap() };
    assert_eq!(exec(last(&text, "ENTRYPOINT ")), ["/usr/bin/rosterd"]);
    // CMD of the HEALTHCHECK comes first, the image's own last.
    let commands: Vec<Vec<String>> = text.lines().filter_map(|l| l.trim().strip_prefix("CMD ")).map(exec).collect();
    assert_eq!(commands, [vec!["/usr/bin/rosterd", "healthcheck"], vec!["run"]]);
    let folder = TempDir::new().unwrap();
    for command in ["healthcheck", "run"] {
        rosterd::start(folder.path(), &[command, "--help"], &[]).wait().expect(0);
    }
}

#[test]
fn it_builds_with_a_compiler_that_is_new_enough() {
    let wanted: Vec<u32> = env!("CARGO_PKG_RUST_VERSION").split('.').map(|part| part.parse().unwrap()).collect();
    let image = file(DOCKERFILE).text;
    let version = image.split("/rust:").nth(1).unwrap().split('-').next().unwrap();
    let has: Vec<u32> = version.split('.').map(|part| part.parse().unwrap()).collect();
    assert!(has >= wanted, "rust:{version} is older than {}", env!("CARGO_PKG_RUST_VERSION"));
}

/// What the build is sent: the names at the top that the list takes back from `*`.
fn context() -> BTreeSet<String> {
    let list = file("deploy/docker/Dockerfile.dockerignore").text;
    assert!(list.contains("\n*\n"), "everything is left out first");
    list.lines().filter_map(|line| line.strip_prefix('!')).map(str::to_owned).collect()
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
    }
}

/// cargo reads the workspace from it, and every file outside `src` that the code takes in is there.
#[test]
fn the_build_is_sent_all_it_needs() {
    let context = context();
    let folder = TempDir::new().unwrap();
    for name in context.iter().filter(|name| root(name).exists()) {
        copy(&root(name), &folder.path().join(name));
    }
    let mut cargo = Command::new(env!("CARGO"));
    run(cargo.args(["metadata", "--offline", "--no-deps", "--format-version=1"]).current_dir(folder.path())).expect(0);
    let mut taken = 0;
    for source in files("src", ".rs") {
        for (_, word) in source.text.split('"').enumerate().filter(|(number, _)| number % 2 == 1) {
            let up = word.trim_start_matches("../");
            let top = up.split('/').next().unwrap();
            if word.starts_with("../") && word.contains('/') && root(top).is_dir() {
                taken += 1;
                assert!(folder.path().join(top).is_dir(), "{}: {word} is not sent", source.path);
            }
        }
    }
    assert!(taken >= 5, "{taken}");
}

/// The libraries that the program is linked to, with their paths.
fn libraries() -> Vec<PathBuf> {
    let linked = run(Command::new("ldd").arg(env!("CARGO_BIN_EXE_rosterd"))).expect(0).stdout();
    let mut paths = Vec::new();
    for line in linked.lines() {
        let name = line.trim().split(' ').next().unwrap().rsplit('/').next().unwrap();
        let kerberos = KERBEROS.iter().filter(|_| cfg!(feature = "gssapi"));
        let mut known = LIBRARIES.iter().chain(kerberos);
        assert!(known.any(|known| name.starts_with(known)), "{line}: not in the base image");
        paths.extend(line.split_whitespace().find(|word| word.starts_with('/')).map(PathBuf::from));
    }
    paths
}

/// The program, its libraries and a configuration are enough: no shell, no /proc, no authorities, no
/// list of users.
#[test]
fn the_program_needs_nothing_else_of_its_image() {
    let image = TempDir::new().unwrap();
    let at = |path: &str| image.path().join(path.trim_start_matches('/'));
    for library in libraries() {
        copy(&fs::canonicalize(&library).unwrap(), &at(library.to_str().unwrap()));
    }
    copy(Path::new(env!("CARGO_BIN_EXE_rosterd")), &at("/usr/bin/rosterd"));
    copy(&root("config/examples/file.toml"), &at("/etc/rosterd/rosterd.toml"));
    let people = "people: [{ id: a, login: ana, groups: [] }]\ngroups: []\n";
    fs::write(at("/etc/rosterd/people.yaml"), people).unwrap();
    // Every runtime gives a container this one device.
    fs::create_dir(at("/dev")).unwrap();
    fs::write(at("/dev/urandom"), "").unwrap();
    let enter = "mount --bind /dev/urandom \"$0/dev/urandom\" && exec chroot \"$0\" /usr/bin/rosterd \"$@\"";
    let inside = |words: &[&str]| {
        run(Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", enter])
            .arg(image.path())
            .args(words)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("ROSTERD_CONFIG", "/etc/rosterd/rosterd.toml"))
    };
    inside(&["check", "config"]).expect(0);
    let synced = inside(&["sync"]).expect(0);
    assert!(synced.stdout().contains("read=1 people"), "{}", synced.stdout());
    inside(&["healthcheck", "--timeout", "1"]).expect(1);
}
