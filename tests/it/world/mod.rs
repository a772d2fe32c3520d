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
use std::time::{Duration, Instant};

/// A loopback port that nobody listens on. Somebody else may take it before it is used: whoever
/// starts a server on it must be ready to try another.
pub fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
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
