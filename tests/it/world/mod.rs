//! The tests' world: real servers on free loopback ports, in temporary directories, stopped when
//! their value is dropped.
//!
//! Nothing here uses rosterd's own code: what a test expects is computed, read and compared by
//! other means. A scripted fake stands only where no real server does what is needed.

#![cfg_attr(not(feature = "gssapi"), expect(dead_code, reason = "tests of Kerberos are a part of that feature"))]

pub mod agent;
pub mod app;
pub mod backup;
pub mod browser;
pub mod ca;
pub mod commits;
pub mod company;
pub mod database;
pub mod directory;
pub mod ds389;
pub mod expected;
pub mod forms;
pub mod http;
pub mod invariants;
pub mod kdc;
pub mod ldap_edit;
pub mod ldap_tamper;
pub mod lemonldap;
pub mod openid;
pub mod patroni;
pub mod pg_cluster;
pub mod portal;
pub mod postgres;
pub mod proxy;
pub mod psql;
pub mod recorder;
pub mod roster;
pub mod rosterd;
pub mod samba;
pub mod scim;
pub mod scripted_http;
pub mod scripted_ldap;
pub mod scripted_openid;
pub mod signing;
pub mod simplesaml;
pub mod site;
pub mod slapd;
pub mod tables;
pub mod tls_between;
pub mod transmitter;

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// A loopback port that nobody listens on, and that this process gives to nobody else.
///
/// It is below those that the system itself gives to connections (from 32768 on Linux, RFC 6335 from 49152):
/// no connection takes it before the server starts that it is for. Another process can.
pub fn free_port() -> u16 {
    const FIRST: u32 = 10_000;
    const COUNT: u32 = 22_000;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Test runs side by side begin far from each other.
    let begin = std::process::id().wrapping_mul(7_919);
    let mut ports = std::iter::repeat_with(|| FIRST + begin.wrapping_add(NEXT.fetch_add(1, Relaxed)) % COUNT);
    let port = ports.by_ref().take(1_000).find_map(|port| {
        let port = u16::try_from(port).ok()?;
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok().then_some(port)
    });
    port.expect("a port that nobody listens on")
}

/// Whether something accepts connections there.
pub fn listens(port: u16) -> bool {
    TcpStream::connect_timeout(&(Ipv4Addr::LOCALHOST, port).into(), Duration::from_millis(500)).is_ok()
}

/// Asks every 10 ms, for at most `seconds`, whether `done`; returns whether it became so.
pub fn wait_until(seconds: u64, mut done: impl FnMut() -> bool) -> bool {
    let (since, mut asked) = (Instant::now(), 0);
    // A busy machine asks rarely: a hundred times at least.
    while asked < 100 || since.elapsed() < Duration::from_secs(seconds) {
        if done() {
            return true;
        }
        asked += 1;
        std::thread::sleep(Duration::from_millis(10));
    }
    done()
}

/// Ends a server in order; after half a minute without.
pub fn end(mut server: Child) {
    let _ = Command::new("kill").args(["-TERM", &server.id().to_string()]).status();
    if !wait_until(30, || server.try_wait().unwrap().is_some()) {
        server.kill().unwrap();
        server.wait().unwrap();
    }
}

/// Runs each test on SQLite and on PostgreSQL.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test]
            fn $name() {
                super::$name(crate::world::database::Backend::Sqlite);
            })+
        }
        mod postgres {
            $(#[test]
            fn $name() {
                let backend = crate::world::database::Backend::Postgres;
                if backend.is_there() {
                    super::$name(backend);
                }
            })+
        }
    };
}
pub(crate) use on_both;
