//! The bind: tokens from the helper to the server and back, then the layer.

use super::super::connection::{Below, Connection};
use super::super::failure::{Failure, ticket_failure};
use super::super::wire::{Request, Response};
use super::binding::server_end_point;
use super::frame::Kind;
use super::process::Helper;
use super::why::Refusal;
use super::{Account, Wish};
use std::io;
use std::time::Duration;
use tokio::time::timeout;

/// RFC 4511 §4.2.2, `saslBindInProgress`.
const GO_ON: i32 = 14;
/// More steps are no Kerberos: it has three.
const STEPS: usize = 8;

/// Signs in; without TLS the connection is encrypted from then on. All of it within `longest`.
pub(in super::super) async fn sign_in(
    connection: &mut Connection,
    account: &Account,
    host: &str,
    longest: Duration,
) -> Result<(), Failure> {
    let server = connection.server.clone();
    match timeout(longest, steps(connection, account, host)).await {
        Ok(done) => done,
        Err(_) => {
            let message = format!(
                "{server}: signing in as {} took longer than ldap.timeout: does a Kerberos server (KDC) answer?",
                account.who()
            );
            Err(Failure::unreachable("timeout", message))
        }
    }
}

async fn steps(connection: &mut Connection, account: &Account, host: &str) -> Result<(), Failure> {
    let server = connection.server.clone();
    let gone = |error: io::Error| Failure::unreachable("bind", format!("{server}: the Kerberos helper ended: {error}"));
    let (socket, binding) = match connection.below() {
        Below::Tls(certificate) => (None, Some(server_end_point(&certificate))),
        Below::Clear(socket) => (Some(socket), None),
        Below::Unknown => return Err(Failure::protocol("bind", format!("{server} was signed in to already"))),
    };
    let wish = Wish {
        service: format!("ldap@{}", account.host.as_deref().unwrap_or(host)),
        principal: account.principal.clone(),
        keytab: account.keytab.clone(),
        binding,
    };
    let mut helper = Helper::start(&wish, socket)?;
    let text = serde_json::to_vec(&wish).map_err(|error| gone(error.into()))?;
    helper.send(Kind::Wish, &text).await.map_err(&gone)?;
    for _ in 0..STEPS {
        let (kind, bytes) = helper.receive().await.map_err(&gone)?;
        let last = match kind {
            Kind::Token => false,
            Kind::Last => true,
            Kind::Refusal => {
                let refusal: Refusal = serde_json::from_slice(&bytes).map_err(|error| gone(error.into()))?;
                return Err(refusal.failure(&server, account, &wish));
            }
            Kind::Wish | Kind::Go => break,
        };
        let id = connection.send(Request::Gssapi(&bytes)).await?;
        let message = connection.receive(id).await?;
        match message.response {
            Response::Bind(result, token) if result.code == GO_ON && !last => {
                helper.send(Kind::Token, token.unwrap_or_default()).await.map_err(&gone)?;
            }
            Response::Bind(result, _) if result.code == 0 && last => {
                if wish.seals() {
                    connection.nothing_more("signing in")?;
                    helper.send(Kind::Go, b"").await.map_err(&gone)?;
                    connection.over(Box::new(helper));
                }
                return Ok(());
            }
            Response::Bind(result, _) if result.code != 0 => {
                return Err(ticket_failure(&server, &account.who(), &result));
            }
            _ => break,
        }
    }
    Err(Failure::protocol("bind", format!("{server} does not sign in with Kerberos as RFC 4752 says")))
}
