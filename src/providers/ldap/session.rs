//! From an address to a connection that is signed in: connect, StartTLS, TLS, bind. In that
//! order, never with a step left out.

use super::connection::{Below, Connection, Stream};
use super::failure::{Failure, bind_failure, say};
#[cfg(feature = "gssapi")]
use super::kerberos;
use super::url::{Place, Server};
use super::wire::{Request, Response, Simple};
use super::{certificate, measure, tls};
use crate::config::{BindMethod, Ldap, Secret};
use crate::providers::ProviderErrorKind;
use rustls::ClientConfig;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

/// Everything a session needs that does not depend on the server, read from files and the
/// environment once for each read of the directory.
pub(super) struct Access<'a> {
    pub(super) config: &'a Ldap,
    tls: Option<Arc<ClientConfig>>,
    login: Login,
}

/// As whom to sign in. No `Debug`: there is a password in it.
#[derive(Clone)]
enum Login {
    Simple(String, Secret),
    External,
    Anonymous,
    #[cfg(feature = "gssapi")]
    Kerberos(kerberos::Account),
}

/// What was sent to sign in, to tell whether the same would be sent again.
#[derive(Clone)]
pub(super) struct Fingerprint(Login);

impl PartialEq for Fingerprint {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Login::Simple(dn, password), Login::Simple(other, sent)) => {
                dn == other && password.expose() == sent.expose()
            }
            (Login::External, Login::External) | (Login::Anonymous, Login::Anonymous) => true,
            #[cfg(feature = "gssapi")]
            (Login::Kerberos(account), Login::Kerberos(other)) => account == other,
            _ => false,
        }
    }
}

/// What was learnt about the TLS of a connection.
pub(super) type TlsFacts = Option<String>;

impl<'a> Access<'a> {
    /// Reads secrets and certificates; whatever is missing shows here, before anything is sent.
    pub(super) fn new(config: &'a Ldap, servers: &[Server]) -> Result<Self, Failure> {
        let wants_tls = |server: &Server| match server.place {
            Place::Tcp { tls, .. } => tls || config.start_tls,
            Place::Unix(_) => false,
        };
        let tls = if servers.iter().any(wants_tls) { Some(tls::client_config(&config.tls)?) } else { None };
        let login = match config.bind.method {
            BindMethod::External => Login::External,
            BindMethod::Anonymous => Login::Anonymous,
            #[cfg(feature = "gssapi")]
            BindMethod::Gssapi => Login::Kerberos(kerberos::Account::new(&config.bind)?),
            #[cfg(not(feature = "gssapi"))]
            BindMethod::Gssapi => {
                let message = format!("ldap.bind.method = \"gssapi\": {}", crate::config::WITHOUT_KERBEROS);
                return Err(Failure::configuration(message));
            }
            BindMethod::Simple => {
                let dn = config.bind.dn.as_deref().unwrap_or_default();
                if dn.is_empty() {
                    let message = "ldap.bind.dn is missing: say as whom to sign in, or set method = \"anonymous\"";
                    return Err(Failure::configuration(message));
                }
                let Some(reference) = &config.bind.password else {
                    return Err(Failure::configuration("ldap.bind.password is missing: say where it is found"));
                };
                let password = reference
                    .resolve()
                    .map_err(|error| Failure::configuration(format!("ldap.bind.password: {error}")))?;
                if password.expose().is_empty() {
                    // RFC 4513 §5.1.2: a server takes it for "nobody" and says success.
                    let message = "ldap.bind.password is empty: a server would take that for an anonymous visitor";
                    return Err(Failure::configuration(message));
                }
                Login::Simple(dn.to_owned(), password)
            }
        };
        Ok(Self { config, tls, login })
    }

    fn timeout(&self) -> Duration {
        self.config.timeout.get()
    }

    /// A connection that is signed in.
    pub(super) async fn open(&self, server: &Server) -> Result<Connection, Failure> {
        let (mut connection, _) = measure::request("connect", self.connect(server)).await?;
        measure::request("bind", self.bind(&mut connection)).await?;
        Ok(connection)
    }

    /// A connection, with TLS where that is configured.
    pub(super) async fn connect(&self, server: &Server) -> Result<(Connection, TlsFacts), Failure> {
        let url = server.url.as_str();
        let (host, at_once, stream) = match &server.place {
            Place::Unix(path) => {
                let stream = self.within(url, UnixStream::connect(path)).await?;
                let below = clear(&stream);
                return Ok((Connection::new(Box::new(stream), url, self.timeout()).through(below), None));
            }
            Place::Tcp { host, port, tls } => {
                let stream = self.within(url, TcpStream::connect((host.as_str(), *port))).await?;
                // Requests are small and waited for.
                let _ = stream.set_nodelay(true);
                (host, *tls, stream)
            }
        };
        if !at_once && !self.config.start_tls {
            let below = clear(&stream);
            return Ok((Connection::new(Box::new(stream), url, self.timeout()).through(below), None));
        }
        let stream: Box<dyn Stream> = if at_once { Box::new(stream) } else { self.start_tls(url, stream).await? };
        let Some(config) = &self.tls else {
            return Err(Failure::configuration(format!("{url}: TLS is not set up")));
        };
        let name = tls::server_name(&self.config.tls, host)?;
        let connector = tokio_rustls::TlsConnector::from(config.clone());
        let stream = timeout(self.timeout(), connector.connect(name, stream)).await;
        let stream = stream.map_err(|_| late(url))?.map_err(|error| {
            tls::failure(url, &error).unwrap_or_else(|| {
                let message = format!("{url}: the server broke off while TLS was set up: {error}");
                Failure::new("tls", ProviderErrorKind::Tls, message)
            })
        })?;
        let place = format!("ldap {}", url.split_once("://").map_or(url, |(_, place)| place));
        measure::certificates(place, stream.get_ref().1.peer_certificates().unwrap_or_default());
        let facts = facts(stream.get_ref().1);
        let certificate = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
        let below = certificate.map_or(Below::Unknown, |certificate| Below::Tls(certificate.to_vec()));
        Ok((Connection::new(Box::new(stream), url, self.timeout()).through(below), Some(facts)))
    }

    /// RFC 4511 §4.14. After anything but a success nothing more is sent.
    async fn start_tls(&self, url: &str, stream: TcpStream) -> Result<Box<dyn Stream>, Failure> {
        let mut connection = Connection::new(Box::new(stream), url, self.timeout());
        let id = connection.send(Request::StartTls).await?;
        let message = connection.receive(id).await?;
        let refused = match message.response {
            Response::Extended(result, _) if result.code == 0 => None,
            Response::Extended(result, _) => Some(format!("{url} refuses StartTLS: {}", say(&result))),
            _ => Some(format!("{url} answered StartTLS with something else")),
        };
        match refused {
            Some(message) => {
                let message = format!("{message}; nothing was sent in clear text. Use ldaps://, or allow TLS there");
                Err(Failure::new("tls", ProviderErrorKind::Tls, message))
            }
            None => connection.into_stream(),
        }
    }

    /// Signs in.
    pub(super) async fn bind(&self, connection: &mut Connection) -> Result<(), Failure> {
        let request = match &self.login {
            Login::Simple(dn, password) => Request::Simple(Simple { dn, password: password.expose() }),
            Login::External => Request::External,
            Login::Anonymous => Request::Simple(Simple { dn: "", password: "" }),
            #[cfg(feature = "gssapi")]
            Login::Kerberos(account) => {
                let to = Server::parse(&connection.server)?;
                let host = self.config.tls.server_name.as_deref().unwrap_or(to.host());
                return kerberos::sign_in(connection, account, host, self.timeout()).await;
            }
        };
        let server = connection.server.clone();
        let id = connection.send(request).await?;
        let message = connection.receive(id).await?;
        match message.response {
            Response::Bind(result, _) if result.code == 0 => Ok(()),
            Response::Bind(result, _) => Err(bind_failure(&server, &self.who(), &result)),
            _ => Err(Failure::protocol("ber", format!("{server} answered the bind with something else"))),
        }
    }

    /// What signing in sends.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        Fingerprint(self.login.clone())
    }

    /// As whom, for a person.
    pub(super) fn who(&self) -> String {
        match &self.login {
            Login::Simple(dn, _) => dn.clone(),
            Login::External => "the client certificate or the socket's peer (EXTERNAL)".to_owned(),
            Login::Anonymous => "nobody (anonymous)".to_owned(),
            #[cfg(feature = "gssapi")]
            Login::Kerberos(account) => account.who(),
        }
    }

    async fn within<T>(&self, url: &str, doing: impl Future<Output = std::io::Result<T>>) -> Result<T, Failure> {
        match timeout(self.timeout(), doing).await {
            Err(_) => Err(late(url)),
            Ok(Err(error)) => Err(Failure::unreachable("unreachable", format!("{url} cannot be reached: {error}"))),
            Ok(Ok(done)) => Ok(done),
        }
    }
}

/// A socket without TLS.
fn clear(stream: &impl AsFd) -> Below {
    stream.as_fd().try_clone_to_owned().map_or(Below::Unknown, Below::Clear)
}

fn late(url: &str) -> Failure {
    Failure::unreachable("timeout", format!("{url}: no connection within ldap.timeout"))
}

fn facts(session: &rustls::ClientConnection) -> String {
    let version = match session.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_3) => "TLS 1.3",
        Some(rustls::ProtocolVersion::TLSv1_2) => "TLS 1.2",
        _ => "TLS",
    };
    let chain = session.peer_certificates().unwrap_or_default();
    let mut facts = vec![version.to_owned()];
    facts.extend(chain.iter().filter_map(|der| certificate::describe(der)));
    facts.join("; ")
}
