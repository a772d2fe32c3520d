//! The end of a session, told by whoever knows of it first (SAML 2.0 Core §3.7, Profiles §4.4).

use super::Refused;
use super::assertion::{attribute, issuer as read_issuer, moment, name_id};
use super::certificate::Certificate;
use super::keys::KeyPair;
use super::names::{ASSERTION, PROTOCOL, SUCCESS};
use super::profile::Expected;
use super::redirect::{Part, Signed, address};
use super::request::{content, escape, issuer, posted};
use super::response::{NotRead, Trust, again, signed};
use super::shape::{Kind, shape, text};
use super::time;
use super::xml::{self, MESSAGE};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rosterd_core::ids::Timestamp;
use roxmltree::Node;
use serde::{Deserialize, Serialize};

/// Who it is at the identity provider, and in which session: what its logout has to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutRequest {
    pub name: String,
    pub format: Option<String>,
    pub qualifier: Option<String>,
    pub sp_qualifier: Option<String>,
    pub session: Option<String>,
}

impl LogoutRequest {
    /// The request, for this address.
    #[must_use]
    pub fn address(
        &self,
        place: &str,
        entity_id: &str,
        id: &str,
        now: Timestamp,
        key: Option<&KeyPair>,
    ) -> Option<String> {
        let optional = |name: &str, value: &Option<String>| {
            value.as_ref().map(|value| format!(" {name}=\"{}\"", escape(value))).unwrap_or_default()
        };
        let session = self
            .session
            .as_ref()
            .map(|session| format!("<samlp:SessionIndex>{}</samlp:SessionIndex>", content(session)));
        let message = format!(
            "<samlp:LogoutRequest xmlns:samlp=\"{PROTOCOL}\" Destination=\"{}\" ID=\"{}\" IssueInstant=\"{}\" \
             Version=\"2.0\">{}<saml:NameID xmlns:saml=\"{ASSERTION}\"{}{}{}>{}</saml:NameID>{}</samlp:LogoutRequest>",
            escape(place),
            escape(id),
            time::write(now),
            issuer(entity_id),
            optional("Format", &self.format),
            optional("NameQualifier", &self.qualifier),
            optional("SPNameQualifier", &self.sp_qualifier),
            content(&self.name),
            session.unwrap_or_default()
        );
        address(place, Part::Request, &message, None, key)
    }
}

/// Somebody has logged out at the identity provider, by its own signed word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The message's id.
    pub id: String,
    pub issued_at: Timestamp,
    pub name: String,
    /// Theirs; empty: all of theirs.
    pub sessions: Vec<String>,
    /// For the answer.
    pub relay_state: Option<String>,
}

impl Ended {
    /// Of a query, as it came. `None`: an answer to a logout of ours, which says nothing that matters.
    ///
    /// # Errors
    /// When it is not believed.
    pub fn of_query(query: &str, trust: Trust<'_>, expected: &Expected<'_>) -> Result<Option<Self>, NotRead> {
        if query.split('&').any(|pair| pair.starts_with("SAMLResponse=")) {
            return Ok(None);
        }
        let certificates: &[Certificate] = trust.certificates;
        let signed = Signed::read(query, certificates, trust.algorithms)?;
        let document = xml::parse(&signed.message, MESSAGE)?;
        let found = shape(&document, Kind::LogoutRequest, trust.algorithms)?;
        Ok(Some(read(found.root, signed.relay_state, expected)?))
    }

    /// Of a form.
    ///
    /// # Errors
    /// When it is not believed, or nobody could verify it.
    pub async fn of_form(
        message: &str,
        relay_state: Option<String>,
        trust: Trust<'_>,
        expected: &Expected<'_>,
    ) -> Result<Self, NotRead> {
        let text = unpacked(message)?;
        {
            let document = xml::parse(&text, MESSAGE)?;
            let found = shape(&document, Kind::LogoutRequest, trust.algorithms)?;
            if !found.signed {
                return Err(Refused::new("not-signed", "it is not signed").into());
            }
        }
        let believed = signed(&text, trust).await?;
        let document = xml::parse(&believed, MESSAGE)?;
        let found = again(&document, Kind::LogoutRequest, trust)?;
        Ok(read(found.root, relay_state, expected)?)
    }
}

fn read(root: Node<'_, '_>, relay_state: Option<String>, expected: &Expected<'_>) -> Result<Ended, Refused> {
    if read_issuer(root)?.as_deref() != Some(expected.issuer) {
        return Err(Refused::new("issuer", "another identity provider made it"));
    }
    if !root.attribute("Destination").is_some_and(|to| expected.recipients.contains(&to)) {
        return Err(Refused::new("destination", "it was sent to somewhere else"));
    }
    let issued_at = time::read(root.attribute("IssueInstant").unwrap_or_default())?;
    let age = expected.now.0.saturating_sub(issued_at.0);
    let over = moment(root, "NotOnOrAfter")?.is_some_and(|end| end.0.saturating_add(expected.skew) <= expected.now.0);
    if age < -expected.skew || age > expected.max_age.saturating_add(expected.skew) || over {
        return Err(Refused::new("issue-instant", "it was made too long ago, or is from the future"));
    }
    let form = Refused::new("logout-form", "it is not built as a logout is");
    let sessions = root.children().filter(|node| node.has_tag_name((PROTOCOL, "SessionIndex")));
    let sessions = sessions.map(|node| text(node).map(str::to_owned).ok_or(form)).collect::<Result<_, _>>()?;
    Ok(Ended { id: attribute(root, "ID").ok_or(form)?, issued_at, name: name_id(root)?.value, sessions, relay_state })
}

/// What came in a form's field.
///
/// # Errors
/// Where it is no text in base64.
pub fn unpacked(field: &str) -> Result<String, Refused> {
    let form = |()| Refused::new("binding-form", "the form does not hold a message");
    let base64: String = field.split_ascii_whitespace().collect();
    let bytes = STANDARD.decode(base64).map_err(|_| form(()))?;
    String::from_utf8(bytes).map_err(|_| Refused::new("xml-declaration", "it is not XML 1.0 in UTF-8"))
}

/// rosterd's answer: that it was done.
#[derive(Debug, Clone, Copy)]
pub struct LogoutResponse<'a> {
    pub id: &'a str,
    pub answers: &'a str,
    pub place: &'a str,
    pub entity_id: &'a str,
    pub now: Timestamp,
}

impl LogoutResponse<'_> {
    fn xml(&self) -> String {
        format!(
            "<samlp:LogoutResponse xmlns:samlp=\"{PROTOCOL}\" Destination=\"{}\" ID=\"{}\" InResponseTo=\"{}\" \
             IssueInstant=\"{}\" Version=\"2.0\">{}<samlp:Status><samlp:StatusCode Value=\"{SUCCESS}\">\
             </samlp:StatusCode></samlp:Status></samlp:LogoutResponse>",
            escape(self.place),
            escape(self.id),
            escape(self.answers),
            time::write(self.now),
            issuer(self.entity_id)
        )
    }

    /// In an address.
    #[must_use]
    pub fn address(&self, relay_state: Option<&str>, key: Option<&KeyPair>) -> Option<String> {
        address(self.place, Part::Response, &self.xml(), relay_state, key)
    }

    /// For a form's field.
    #[must_use]
    pub fn form(&self, key: Option<&KeyPair>) -> Option<String> {
        posted(&self.xml(), self.id, key)
    }
}
