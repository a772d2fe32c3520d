//! R46: a small container. 64 descriptors, 256 MB, a few thousand people, and more who connect than can
//! be let in.

use crate::world::company::Company;
use crate::world::database::Backend;
use crate::world::directory::Directory;
use crate::world::expected::{RULES, tables};
use crate::world::invariants;
use crate::world::rosterd;
use crate::world::site::{Site, slapd_provider};
use crate::world::{free_port, listens, wait_until};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

crate::world::on_both!(r46_with_64_descriptors_and_256_mb_a_crowd_is_outlived_and_the_sync_is_right);

const DESCRIPTORS: usize = 64;
const BYTES: u64 = 256 << 20;
/// Not so many more that the system's own queue is full.
const CROWD: usize = DESCRIPTORS * 3 / 2;

/// One connection of the crowd: a request whose head does not end.
fn connect(port: u16) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(b"GET /api/v1/openapi.json HTTP/1.1\r\nhost: rosterd\r\n").unwrap();
    stream
}

fn is_served(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let request = b"GET /api/v1/openapi.json HTTP/1.1\r\nhost: rosterd\r\nconnection: close\r\n\r\n";
    let mut answer = Vec::new();
    stream.write_all(request).is_ok() && stream.read_to_end(&mut answer).is_ok() && answer.starts_with(b"HTTP/1.1 200 ")
}

fn r46_with_64_descriptors_and_256_mb_a_crowd_is_outlived_and_the_sync_is_right(backend: Backend) {
    let mut directory = Directory::start(Company::new(3_000, 60, 46));
    let port = free_port();
    let provider = slapd_provider("corp", &directory.slapd.url(), "");
    let provider = provider.replace("create_missing", "every = \"500ms\"\ncreate_missing");
    let http = format!(
        "[http]\nlisten = \"127.0.0.1:{port}\"\nheader_timeout = \"120s\"\n[daemon]\nretry = \"200ms\"\nretry_longest = \"1s\"\n"
    );
    let site = Site::new(backend, &format!("{http}{provider}{RULES}"));
    site.run(&["db", "migrate"]).expect(0);
    let limits = [format!("--nofile={DESCRIPTORS}"), format!("--data={BYTES}")];
    let args = ["--config", "rosterd.toml", "run"];
    let mut running = rosterd::start_limited(site.dir(), &[&limits[0], &limits[1]], &args);
    let all = || site.database.value("SELECT count(*) FROM users") == "3000";
    assert!(wait_until(120, || listens(port) && all()), "{}", running.stderr_so_far());
    site.tables().assert_is(&tables(&directory.company));

    // More than there are descriptors: some are let in, the others wait, and everything else goes on.
    let crowd: Vec<TcpStream> = (0..CROWD).map(|_| connect(port)).collect();
    let mut follow = |what: &str| {
        directory.hire(&["team-003"]);
        let mover = directory.member("team-005", &["team-006"]);
        directory.leave("team-005", &mover);
        directory.join("team-006", &mover);
        let right = || site.tables() == tables(&directory.company);
        assert!(wait_until(60, right), "{what}: {}", running.stderr_so_far());
    };
    follow("with the crowd");
    drop(crowd);
    assert!(wait_until(60, || is_served(port)), "{}", running.stderr_so_far());
    follow("without it");
    let said = running.stderr_so_far();
    assert!(said.contains("fewer connections than http.max_connections"), "{said}");
    // The second is what a run says that has no descriptor left for /dev/urandom.
    assert!(!said.contains("Too many open files") && !said.contains("no random numbers"), "{said}");
    assert!(!running.has_ended());
    let most = running.most_memory();
    assert!(most < BYTES, "{most}");
    running.signal("TERM");
    running.wait().expect(0);
    invariants::check(&site).expect(0);
}
