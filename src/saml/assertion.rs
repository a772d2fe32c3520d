//! What an assertion says, read from the bytes that were signed and from no others (SAML 2.0 Core §2).
//!
//! Whether it is true, for us and now, is not asked here.

use super::Refused;
use super::names::{ASSERTION, BEARER, INSTANCE};
use super::shape::{at_most_one, text};
use super::time;
use rosterd_core::ids::Timestamp;
use roxmltree::Node;

/// The most values of all attributes together.
const VALUES: usize = 5000;
/// The longest name of somebody, in bytes.
const LONGEST: usize = 1024;

/// An assertion, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub id: String,
    pub issued_at: Timestamp,
    pub(super) issuer: String,
    pub name: NameId,
    pub(super) confirmations: Vec<Confirmation>,
    pub(super) not_before: Option<Timestamp>,
    pub(super) not_on_or_after: Option<Timestamp>,
    /// For whom it is: somebody of each list.
    pub(super) audiences: Vec<Vec<String>>,
    pub(super) authenticated: bool,
    /// The identity provider's own name of its session.
    pub session: Option<String>,
    /// When that ends there.
    pub session_ends: Option<Timestamp>,
    pub attributes: Vec<Attribute>,
}

/// Who it is about (§2.2.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameId {
    pub value: String,
    pub format: Option<String>,
    pub qualifier: Option<String>,
    pub sp_qualifier: Option<String>,
}

/// One bearer confirmation (§2.4.1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Confirmation {
    pub(super) recipient: Option<String>,
    pub(super) in_response_to: Option<String>,
    pub(super) not_before: Option<Timestamp>,
    pub(super) not_on_or_after: Option<Timestamp>,
}

/// One attribute (§2.7.3.1). Of several elements of one name, it has all values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    pub name: String,
    pub friendly: Option<String>,
    pub values: Vec<String>,
    /// It has a value that is no text.
    pub unreadable: bool,
}

/// Reads one.
pub(super) fn read(assertion: Node<'_, '_>) -> Result<Statement, Refused> {
    let only = |of, name| at_most_one(of, (ASSERTION, name));
    let id = attribute(assertion, "ID").ok_or_else(form)?;
    let issued_at = time::read(assertion.attribute("IssueInstant").unwrap_or_default())?;
    let issuer = issuer(assertion)?.ok_or_else(|| Refused::new("issuer", "its assertion does not say who made it"))?;
    let subject = only(assertion, "Subject")?.ok_or_else(nobody)?;
    let name = name_id(subject)?;
    let confirmations = children(subject, "SubjectConfirmation")
        .filter(|one| one.attribute("Method") == Some(BEARER))
        .map(confirmation)
        .collect::<Result<_, _>>()?;
    let conditions = only(assertion, "Conditions")?
        .ok_or_else(|| Refused::new("conditions", "its assertion does not say when and for whom it is"))?;
    let (not_before, not_on_or_after) = (moment(conditions, "NotBefore")?, moment(conditions, "NotOnOrAfter")?);
    let audiences = audiences(conditions)?;
    let mut authenticated = false;
    let (mut session, mut session_ends) = (None, None::<Timestamp>);
    for one in children(assertion, "AuthnStatement") {
        authenticated = true;
        session = session.or_else(|| attribute(one, "SessionIndex"));
        let ends = moment(one, "SessionNotOnOrAfter")?;
        // Of several, the first that ends.
        session_ends = session_ends.into_iter().chain(ends).min();
    }
    let attributes = attributes(assertion)?;
    Ok(Statement {
        id,
        issued_at,
        issuer,
        name,
        confirmations,
        not_before,
        not_on_or_after,
        audiences,
        authenticated,
        session,
        session_ends,
        attributes,
    })
}

/// Who says so (§2.2.5): a URI, and nothing else.
pub(super) fn issuer(of: Node<'_, '_>) -> Result<Option<String>, Refused> {
    let Some(issuer) = at_most_one(of, (ASSERTION, "Issuer"))? else { return Ok(None) };
    let bad = Refused::new("issuer", "who made it is not said as an identity provider says it");
    if issuer.attribute("Format").is_some_and(|format| format != super::names::ENTITY) {
        return Err(bad);
    }
    if issuer.children().any(|child| child.is_element()) {
        return Err(bad);
    }
    // With the blanks: one who is called the same but for them is another.
    Ok(Some(issuer.text().unwrap_or_default().to_owned()))
}

/// The one `NameID` of a subject, or of a logout.
pub(super) fn name_id(of: Node<'_, '_>) -> Result<NameId, Refused> {
    let name = at_most_one(of, (ASSERTION, "NameID"))?.ok_or_else(nobody)?;
    let value = text(name).ok_or_else(nobody)?;
    // Who is called the same but for blanks is somebody else, and looks like them.
    let blanks = name.text().is_some_and(|whole| whole != value);
    if value.is_empty() || blanks || value.len() > LONGEST || value.chars().any(char::is_control) {
        return Err(Refused::new("name-id", "whom it is about is not said as a name"));
    }
    Ok(NameId {
        value: value.to_owned(),
        format: attribute(name, "Format"),
        qualifier: attribute(name, "NameQualifier"),
        sp_qualifier: attribute(name, "SPNameQualifier"),
    })
}

fn confirmation(of: Node<'_, '_>) -> Result<Confirmation, Refused> {
    let data = at_most_one(of, (ASSERTION, "SubjectConfirmationData"))?
        .ok_or_else(|| Refused::new("confirmation", "it does not say where and until when it may be shown"))?;
    Ok(Confirmation {
        recipient: attribute(data, "Recipient"),
        in_response_to: attribute(data, "InResponseTo"),
        not_before: moment(data, "NotBefore")?,
        not_on_or_after: moment(data, "NotOnOrAfter")?,
    })
}

/// A condition that is not understood makes an assertion invalid (§2.5.1).
fn audiences(conditions: Node<'_, '_>) -> Result<Vec<Vec<String>>, Refused> {
    let mut all = Vec::new();
    for condition in conditions.children().filter(Node::is_element) {
        if condition.has_tag_name((ASSERTION, "AudienceRestriction")) {
            let one = children(condition, "Audience");
            // Exactly as it stands: a blank makes another.
            all.push(one.map(|audience| audience.text().unwrap_or_default().to_owned()).collect());
        } else if !condition.has_tag_name((ASSERTION, "OneTimeUse"))
            && !condition.has_tag_name((ASSERTION, "ProxyRestriction"))
        {
            return Err(Refused::new("conditions", "it has a condition that is not understood"));
        }
    }
    Ok(all)
}

fn attributes(assertion: Node<'_, '_>) -> Result<Vec<Attribute>, Refused> {
    let mut all: Vec<Attribute> = Vec::new();
    let mut count = 0;
    let statements = children(assertion, "AttributeStatement");
    for one in statements.flat_map(|statement| children(statement, "Attribute")) {
        let name = attribute(one, "Name").filter(|name| name.len() <= LONGEST).ok_or_else(form)?;
        let friendly = attribute(one, "FriendlyName").filter(|name| name.len() <= LONGEST);
        let mut read = Attribute { name, friendly, values: Vec::new(), unreadable: false };
        for value in children(one, "AttributeValue") {
            count += 1;
            if count > VALUES {
                return Err(Refused::new("too-many-values", "it says more of somebody than is read of anybody"));
            }
            let nil = value.attribute((INSTANCE, "nil")).is_some_and(|nil| matches!(nil, "true" | "1"));
            match text(value) {
                _ if nil => {}
                Some(text) if !text.contains('\0') => read.values.push(text.to_owned()),
                _ => read.unreadable = true,
            }
        }
        // Keycloak writes an element a value.
        match all.iter_mut().find(|other| other.name == read.name) {
            Some(other) => {
                other.values.extend(read.values);
                other.unreadable |= read.unreadable;
                if other.friendly != read.friendly {
                    other.friendly = None;
                }
            }
            None => all.push(read),
        }
    }
    Ok(all)
}

fn children<'a, 'x: 'a>(of: Node<'a, 'x>, name: &'static str) -> impl Iterator<Item = Node<'a, 'x>> {
    of.children().filter(move |node| node.has_tag_name((ASSERTION, name)))
}

pub(super) fn attribute(of: Node<'_, '_>, name: &str) -> Option<String> {
    of.attribute(name).map(str::to_owned)
}

pub(super) fn moment(of: Node<'_, '_>, name: &str) -> Result<Option<Timestamp>, Refused> {
    of.attribute(name).map(time::read).transpose()
}

fn nobody() -> Refused {
    Refused::new("name-id", "it does not say whom it is about")
}

fn form() -> Refused {
    Refused::new("assertion-form", "its assertion is not built as SAML's are")
}
