//! Access tokens that a service's authorization server gives to whoever proves who it is: RFC 6749 §4.4, and RFC 7523
//! where the proof is a signature. Each is kept until shortly before it ends, and no longer than its secret is the same.

use super::failure::{Failure, shown};
use super::service::Session;
use crate::config::{Secret, SecretRef};
use crate::fetch::{Answer, Url};
use crate::jose::{self, SigningKey};
use crate::providers::ProviderErrorKind;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// So long before it ends a token is not shown any more, or for the second half of its life.
const BEFORE: Duration = Duration::from_secs(60);
/// How long one counts that does not say it (RFC 6749 §5.1: it should).
const UNSAID: Duration = Duration::from_secs(120);
/// How long a signed proof counts: at most an hour is taken anywhere.
const PROOF: i64 = 300;
/// The most values in an answer.
const VALUES: usize = 1000;
/// What an authorization server may say is wrong (RFC 6749 §5.2); other words are not repeated.
const WORDS: [&str; 6] = [
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "invalid_scope",
    "invalid_request",
    "unsupported_grant_type",
];

/// How it is proven who asks.
#[derive(Debug)]
pub(in crate::providers) enum Proof {
    /// Id and secret in the header (RFC 6749 §2.3.1).
    Basic { id: String },
    /// The same in the form, for servers that want it there.
    Post { id: String },
    /// A token that the client signs by its key (RFC 7523 §2.2).
    Signed { id: String, kid: Option<String> },
    /// A token that a service account signs by the key in its file, for somebody who has let it (RFC 7523 §2.1).
    Account { subject: String },
}

/// Where tokens are given, and to whom.
#[derive(Debug)]
pub(in crate::providers) struct Grant {
    url: Url,
    scope: Option<String>,
    proof: Proof,
    secret: SecretRef,
    held: Mutex<Held>,
}

/// The newest token.
#[derive(Debug, Default)]
struct Held {
    /// How many there were.
    number: u64,
    token: Option<Token>,
}

#[derive(Debug)]
struct Token {
    text: Secret,
    /// Of the secret by which it was had.
    print: [u8; 32],
    until: Instant,
}

/// What is sent, and id and secret for the header.
type Form<'s> = (Vec<(&'static str, String)>, Option<(&'s str, &'s Secret)>);

impl Grant {
    pub(in crate::providers) fn new(url: Url, scope: Option<String>, proof: Proof, secret: SecretRef) -> Self {
        Self { url, scope, proof, secret, held: Mutex::default() }
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    pub(super) fn secret(&self) -> &SecretRef {
        &self.secret
    }

    /// The token that counts now, and its number. Whoever needs one while it is asked for waits for the same.
    pub(super) async fn token(&self, session: &Session<'_>) -> Result<(Secret, u64), Failure> {
        let mut held = self.held.lock().await;
        let counts = |token: &&Token| token.print == session.print && Instant::now() < token.until;
        if let Some(token) = held.token.as_ref().filter(counts) {
            return Ok((token.text.clone(), held.number));
        }
        let (form, basic) = self.form(session)?;
        let sent: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let asked = Instant::now();
        let answer =
            session.post(&self.url, &sent, basic).await.map_err(|(answer, failure)| self.refused(answer, failure))?;
        let (text, lasts) = read(&answer).ok_or_else(|| {
            let text = format!("{} answered no access token; is it the address of a token endpoint?", shown(&self.url));
            Failure::new("no_token", ProviderErrorKind::Configuration, text)
        })?;
        let until = asked + lasts.saturating_sub(BEFORE.min(lasts / 2));
        held.number += 1;
        held.token = Some(Token { text: text.clone(), print: session.print, until });
        Ok((text, held.number))
    }

    /// The service did not take the token of that number.
    pub(super) async fn forget(&self, number: u64) {
        let mut held = self.held.lock().await;
        if held.number == number {
            held.token = None;
        }
    }

    fn form<'s>(&'s self, session: &'s Session<'_>) -> Result<Form<'s>, Failure> {
        let mut form = vec![("grant_type", "client_credentials".to_owned())];
        let mut basic = None;
        match &self.proof {
            Proof::Basic { id } => basic = Some((id.as_str(), &session.secret)),
            Proof::Post { id } => {
                form.push(("client_id", id.clone()));
                form.push(("client_secret", session.secret.expose().to_owned()));
            }
            Proof::Signed { id, kid } => {
                let mut claims = self.claims(session, id, id);
                claims["jti"] = session.unique().into();
                form.push((
                    "client_assertion_type",
                    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned(),
                ));
                form.push(("client_assertion", signed(&session.secret, kid.as_deref(), &claims)?));
            }
            Proof::Account { subject } => {
                let account = Account::parse(&session.secret)?;
                let mut claims = self.claims(session, &account.email, subject);
                claims["scope"] = self.scope.clone().unwrap_or_default().into();
                let token = signed(&account.key, account.kid.as_deref(), &claims)?;
                return Ok((vec![("grant_type", JWT_BEARER.to_owned()), ("assertion", token)], None));
            }
        }
        form.extend(self.scope.iter().map(|scope| ("scope", scope.clone())));
        Ok((form, basic))
    }

    /// RFC 7523 §3.
    fn claims(&self, session: &Session<'_>, issuer: &str, subject: &str) -> Value {
        let now = session.now().0 / 1000;
        json!({ "iss": issuer, "sub": subject, "aud": self.url.as_str(), "iat": now, "exp": now + PROOF })
    }

    /// Why there is none, by the words that RFC 6749 §5.2 has. Without the status: it is not the service's, which may be
    /// asked otherwise where it does not understand a question.
    fn refused(&self, answer: Option<Answer>, failure: Failure) -> Failure {
        use ProviderErrorKind::{Configuration, Credentials, Protocol};
        let body = answer.and_then(|answer| jose::parse(&answer.body, VALUES).ok());
        let said = body.as_ref().and_then(|body| body.get("error")?.as_str());
        let word = WORDS.iter().find(|word| Some(**word) == said).copied().unwrap_or_default();
        let (code, kind, hint) = match word {
            "invalid_client" | "invalid_grant" | "unauthorized_client" => {
                let hint = "id, secret or key are not those that are registered there, or may not be used so";
                ("credentials", Credentials, hint)
            }
            "" if failure.kind != Protocol => return Failure { status: None, ..failure },
            _ => ("configuration", Configuration, "it does not take what it is asked for"),
        };
        let status = failure.status.unwrap_or_default();
        let said = if word.is_empty() { String::new() } else { format!(" {word}") };
        Failure::new(code, kind, format!("{} answered {status}{said}: {hint}", shown(&self.url)))
    }
}

/// RFC 7523 §2.1.
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

fn signed(key: &Secret, kid: Option<&str>, claims: &Value) -> Result<String, Failure> {
    let wrong = || Failure::configuration("the private key is not an RSA key in PEM");
    let token = SigningKey::rsa(key).ok_or_else(wrong)?.sign(kid, claims).ok_or_else(wrong)?;
    Ok(token.expose().to_owned())
}

/// What the file of a service account holds, as the Google Cloud console makes it.
struct Account {
    email: String,
    kid: Option<String>,
    key: Secret,
}

impl Account {
    fn parse(file: &Secret) -> Result<Self, Failure> {
        let wrong =
            || Failure::configuration("the file of the service account is not the JSON that Google makes of one");
        let value = jose::parse(file.expose().as_bytes(), VALUES).map_err(|_| wrong())?;
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let (Some(email), Some(key)) = (text("client_email"), text("private_key")) else { return Err(wrong()) };
        Ok(Self { email, kid: text("private_key_id"), key: Secret::new(key) })
    }
}

/// RFC 6749 §5.1: the token, and how long it counts.
fn read(answer: &Answer) -> Option<(Secret, Duration)> {
    let body = jose::parse(&answer.body, VALUES).ok()?;
    let token = body.get("access_token")?.as_str().filter(|token| !token.is_empty())?;
    if !body.get("token_type")?.as_str()?.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let seconds = match body.get("expires_in") {
        // Some write it as a text.
        Some(Value::String(text)) => text.parse().ok(),
        other => other.and_then(Value::as_u64),
    };
    Some((Secret::new(token.to_owned()), seconds.map_or(UNSAID, Duration::from_secs)))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;

    fn answer(body: &Value) -> Answer {
        Answer { status: 200, headers: Default::default(), body: body.to_string().into_bytes() }
    }

    #[test]
    fn only_a_bearer_token_is_one() {
        let lasts = |body: Value| read(&answer(&body)).map(|(_, lasts)| lasts.as_secs());
        assert_eq!(lasts(json!({ "access_token": "x", "token_type": "Bearer", "expires_in": 300 })), Some(300));
        assert_eq!(lasts(json!({ "access_token": "x", "token_type": "bearer", "expires_in": "60" })), Some(60));
        assert_eq!(lasts(json!({ "access_token": "x", "token_type": "bearer" })), Some(120));
        for none in [
            json!({ "access_token": "", "token_type": "Bearer" }),
            json!({ "access_token": "x" }),
            json!({ "access_token": "x", "token_type": "DPoP" }),
            json!({ "token_type": "Bearer", "id_token": "x" }),
            json!([]),
        ] {
            assert_eq!(lasts(none.clone()), None, "{none}");
        }
    }

    #[test]
    fn an_account_is_what_its_file_says() {
        let parse = |text: &str| Account::parse(&Secret::new(text.to_owned()));
        let account =
            parse(r#"{"type":"service_account","client_email":"a@b","private_key":"k","private_key_id":"1"}"#);
        let account = account.ok().unwrap();
        assert_eq!((account.email.as_str(), account.kid.as_deref()), ("a@b", Some("1")));
        for bad in ["", "{}", "pem", r#"{"client_email":"a@b"}"#] {
            let failure = parse(bad).err().unwrap();
            assert_eq!(failure.kind, ProviderErrorKind::Configuration);
        }
    }
}
