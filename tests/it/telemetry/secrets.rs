//! W20: twenty secrets where rosterd's own are and where people's are, and none of them in
//! anything it tells, with everything told that can be.

use crate::world::company::Company;
use crate::world::database::Backend;
use crate::world::expected::RULES;
use crate::world::site::{Site, slapd_provider};
use crate::world::slapd::{READER, Slapd};
use crate::world::wait_until;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The reader's real password is one of the twenty.
fn canaries() -> Vec<String> {
    let mut canaries: Vec<String> = (0..19).map(|n| format!("canary-{n:02}-b7e2d9")).collect();
    canaries.push(READER.1.to_owned());
    canaries
}

/// A collector that takes everything and keeps it.
fn collector() -> (String, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let kept = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&kept);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, keep) = (stream.unwrap(), Arc::clone(&keep));
            std::thread::spawn(move || {
                let mut buffer = [0; 65536];
                while let Ok(read) = stream.read(&mut buffer) {
                    if read == 0 {
                        return;
                    }
                    keep.lock().unwrap().extend_from_slice(&buffer[..read]);
                    // Whether it is a whole request does not matter to who only keeps.
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
                }
            });
        }
    });
    (address, kept)
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|window| window == word.as_bytes())
}

#[test]
fn w20_twenty_secrets_are_in_nothing_that_is_told() {
    let canaries = canaries();
    let company = Company::new(30, 5, 3);
    // People's passwords, which the reader may read in this directory.
    let mut ldif = String::new();
    let mut next = canaries.iter().take(10);
    for entry in company.ldif().split("\n\n") {
        ldif.push_str(entry.trim_end());
        if entry.contains("objectClass: inetOrgPerson")
            && let Some(canary) = next.next()
        {
            ldif.push_str(&format!("\nuserPassword: {canary}"));
        }
        ldif.push_str("\n\n");
    }
    assert!(next.next().is_none(), "all ten are in the directory");
    let slapd = Slapd::start(&ldif);
    let (collector, traces) = collector();
    let config = format!("[telemetry]\notlp_endpoint = \"{collector}\"\n[log]\nlevel = \"trace\"\n")
        + &slapd_provider("corp", &slapd.url(), "").replace("create_missing", "every = \"200ms\"\ncreate_missing")
        // One whose password is wrong, one whose secret is a variable, one whose file is elsewhere.
        + &slapd_provider("wrong", &slapd.url(), "").replace("reader.pw", "wrong.pw")
        + &slapd_provider("variable", &slapd.url(), "").replace("file = \"reader.pw\"", "env = \"CANARY\"")
        + &slapd_provider("away", "ldap://127.0.0.1:9", "").replace("reader.pw", "away.pw")
        + RULES;
    let site = Site::new(Backend::Sqlite, &config);
    site.secret("wrong.pw", &canaries[10]);
    site.secret("away.pw", &canaries[11]);
    let env = [
        ("ROSTERD_LOG", "trace"),
        ("CANARY", canaries[12].as_str()),
        ("PGPASSWORD", canaries[13].as_str()),
        ("AWS_SECRET_ACCESS_KEY", canaries[14].as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS_UNUSED", canaries[15].as_str()),
    ];
    site.run(&["db", "migrate"]).expect(0);
    let running = site.start(&["run"], &env);
    let followed = || site.tables().org_members.len() > 20;
    assert!(wait_until(60, followed), "{}", running.stderr_so_far());
    let traced = || holds(&traces.lock().unwrap(), "rosterd") && holds(&traces.lock().unwrap(), "observe");
    assert!(wait_until(30, traced), "no trace arrived");
    // Long enough for failures to repeat.
    std::thread::sleep(Duration::from_secs(2));
    running.signal("TERM");
    let daemon = running.wait().expect(0);

    let mut told = vec![("the daemon's output".to_owned(), (daemon.stdout + &daemon.stderr).into_bytes())];
    told.push(("traces".to_owned(), traces.lock().unwrap().clone()));
    // Passwords where they must not be, and commands that fail about them.
    let bad = config.replacen("password = { file = \"reader.pw\" }", &format!("password = \"{}\"", canaries[16]), 1);
    site.write("bad.toml", &format!("version = 1\n[database]\nurl = \"sqlite:x.db\"\n{bad}"));
    let in_url = format!("version = 1\n[database]\nurl = \"postgres://u:{}@127.0.0.1:9/x\"\n{RULES}", canaries[17]);
    site.write("url.toml", &in_url);
    site.write(
        "away.toml",
        &format!(
            "version = 1\n[database]\nurl = \"postgres://u@127.0.0.1:9/x\"\npassword = {{ file = \"pg.pw\" }}\n{RULES}"
        ),
    );
    site.secret("pg.pw", &canaries[18]);
    for (file, args) in [
        ("bad.toml", vec!["check", "config"]),
        ("url.toml", vec!["check", "config"]),
        ("away.toml", vec!["status"]),
        ("rosterd.toml", vec!["check", "provider", "wrong"]),
        ("rosterd.toml", vec!["check", "provider", "corp"]),
        ("rosterd.toml", vec!["plan", "wrong"]),
        ("rosterd.toml", vec!["status"]),
    ] {
        let args: Vec<&str> = ["--config", file].into_iter().chain(args).collect();
        let outcome = crate::world::rosterd::start(site.dir(), &args, &env).wait();
        told.push((args.join(" "), (outcome.stdout + &outcome.stderr).into_bytes()));
    }
    for (what, bytes) in &told {
        assert!(!bytes.is_empty(), "{what} said nothing");
        for canary in &canaries {
            assert!(!holds(bytes, canary), "{canary} is in {what}:\n{}", String::from_utf8_lossy(bytes));
        }
    }
}
