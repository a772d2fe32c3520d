//! What a service manager is told (sd_notify(3)).

use super::inside::{Inside, on_a_runtime, provider};
use crate::world::database::Backend;
use crate::world::roster::{PROVIDER, Roster, STAFF_VIEWS};
use crate::world::site::Site;
use crate::world::wait_until;
use rosterd::lifecycle::Systemd;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::time::Duration;

/// A service manager that keeps what it is told.
struct Manager {
    socket: UnixDatagram,
    told: Vec<String>,
}

impl Manager {
    fn at(path: &Path) -> Self {
        let socket = UnixDatagram::bind(path).unwrap();
        socket.set_nonblocking(true).unwrap();
        Self { socket, told: Vec::new() }
    }

    fn listen(&mut self) -> &[String] {
        let mut buffer = [0; 4096];
        while let Ok(n) = self.socket.recv(&mut buffer) {
            let text = std::str::from_utf8(&buffer[..n]).unwrap();
            self.told.extend(text.lines().map(str::to_owned));
        }
        &self.told
    }

    fn hears(&mut self, line: &str) -> bool {
        wait_until(60, || self.listen().iter().any(|told| told.starts_with(line)))
    }

    fn place(&self, line: &str) -> usize {
        self.told.iter().position(|told| told.starts_with(line)).unwrap_or_else(|| panic!("{line}: {:?}", self.told))
    }
}

#[test]
fn the_service_manager_is_told_of_each_step() {
    let provider = PROVIDER.replace("create_missing", "every = \"1h\"\ncreate_missing");
    let site = Site::new(Backend::Sqlite, &(provider + STAFF_VIEWS));
    Roster::of(3, "p", "staff").write(&site);
    site.run(&["db", "migrate"]).expect(0);
    let path = site.dir().join("notify");
    let mut manager = Manager::at(&path);
    let env = [("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "2000000")];
    let running = site.start(&["run"], &env);
    assert!(manager.hears("READY=1"), "{:?}", manager.told);
    assert!(manager.hears("WATCHDOG=1"), "{:?}", manager.told);
    assert!(manager.hears("STATUS=1 providers, 0 runs"), "{:?}", manager.told);

    running.signal("HUP");
    assert!(manager.hears("RELOADING=1"), "{:?}", manager.told);
    let reloading = manager.place("RELOADING=1");
    assert!(manager.told[reloading + 1].starts_with("MONOTONIC_USEC="), "{:?}", manager.told);
    let ready = || manager.listen().iter().filter(|line| *line == "READY=1").count() == 2;
    assert!(wait_until(60, ready), "{:?}", manager.told);

    // Signs of life go on while nothing happens.
    let before = manager.listen().iter().filter(|line| *line == "WATCHDOG=1").count();
    let more = || manager.listen().iter().filter(|line| *line == "WATCHDOG=1").count() > before + 2;
    assert!(wait_until(60, more), "{:?}", manager.told);

    running.signal("TERM");
    running.wait().expect(0);
    assert!(manager.hears("STOPPING=1"), "{:?}", manager.told);
}

#[test]
fn an_abstract_socket_is_one_too() {
    use std::os::linux::net::SocketAddrExt as _;
    let name = format!("rosterd-test-{}", std::process::id());
    let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
    let socket = UnixDatagram::bind_addr(&address).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    Systemd::at(format!("@{name}"), None).ready();
    let mut buffer = [0; 64];
    let n = socket.recv(&mut buffer).unwrap();
    assert_eq!(&buffer[..n], b"READY=1\n");
}

/// The watchdog hears of the loop, not of a timer beside it: a loop that hangs is silent.
#[test]
fn a_loop_that_hangs_gives_no_sign_of_life() {
    on_a_runtime(async {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("notify");
        let mut manager = Manager::at(&path);
        let systemd = Systemd::at(&path, Some(Duration::from_millis(400)));
        let inside = Inside::start_with(&provider("corp", "every = \"1h\""), systemd).await;
        let heard = |manager: &mut Manager| manager.listen().iter().filter(|line| *line == "WATCHDOG=1").count();
        assert!(wait_until(60, || heard(&mut manager) > 3));
        inside.clock.hang(true);
        inside.handle.wake();
        std::thread::sleep(Duration::from_millis(300));
        let before = heard(&mut manager);
        std::thread::sleep(Duration::from_secs(1));
        assert_eq!(heard(&mut manager), before, "a loop that hangs says that it is alive");
        assert!(inside.handle.since_beat() > Duration::from_secs(1));
        inside.clock.hang(false);
        assert!(wait_until(60, || heard(&mut manager) > before));
        inside.end().await;
    });
}

/// R48 alike: a service manager that does not read is not waited for.
#[test]
fn a_service_manager_that_does_not_read_stops_nothing() {
    on_a_runtime(async {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("notify");
        let _deaf = UnixDatagram::bind(&path).unwrap();
        let systemd = Systemd::at(&path, Some(Duration::from_millis(400)));
        for _ in 0..5000 {
            systemd.ready();
        }
        let mut inside = Inside::start_with(&provider("corp", "every = \"1h\""), systemd).await;
        inside.end_of("corp").await;
        inside.end().await;
    });
}
