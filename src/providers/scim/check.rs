//! `rosterd check provider`: what the service says of itself, and a look at its users and groups. Keeps nothing.

use super::ScimDirectory;
use super::ability::said;
use super::list::List;
use super::path::get;
use crate::config::ScimMembers;
use crate::providers::CheckStep;
use crate::providers::web::{Counted as _, Failure, Page, Purpose, Session};
use rosterd_core::ids::Timestamp;

/// So many entries are looked at.
const SAMPLE: usize = 50;

pub(super) async fn run(directory: &ScimDirectory) -> Vec<CheckStep> {
    let mut steps = Vec::new();
    let session = match directory.service.session(Purpose::AFew, Timestamp(0), 0) {
        Ok(session) => session,
        Err(failure) => {
            steps.push(CheckStep { what: "configuration".to_owned(), result: Err(failure.message) });
            return steps;
        }
    };
    // An error ends it, and is a step of its own.
    let _ = all_steps(directory, &session, &mut steps).await;
    steps
}

/// Pushes the outcome; `None` when it was a failure.
fn push(steps: &mut Vec<CheckStep>, what: String, outcome: Result<String, Failure>) -> Option<()> {
    let result = outcome.map_err(|failure| failure.message);
    let good = result.is_ok();
    steps.push(CheckStep { what, result });
    good.then_some(())
}

async fn all_steps(directory: &ScimDirectory, session: &Session<'_>, steps: &mut Vec<CheckStep>) -> Option<()> {
    let config = said(directory, session).await.map(|filter| match filter {
        Some(true) => "it says that it can filter".to_owned(),
        Some(false) => "it says that it cannot filter: a login is looked for among all".to_owned(),
        None => "it does not say what it can".to_owned(),
    });
    push(steps, format!("ServiceProviderConfig of {}", directory.base), config)?;
    push(steps, format!("users at {}", directory.users), users(directory, session).await)?;
    push(steps, format!("groups at {}", directory.groups), groups(directory, session).await)?;
    let finds = directory.ability.finds(directory, session, 0).await.map(|finds| match finds {
        true => "filters find people and groups".to_owned(),
        false => "filters do not find what they should, or no group has a member: all are read instead".to_owned(),
    });
    push(steps, "look for one person".to_owned(), finds)
}

async fn page(session: &Session<'_>, list: &List) -> Result<Page, Failure> {
    let body = session.get(&list.url(0, SAMPLE)).await?;
    list.page(body).ok_or_else(|| {
        Failure::protocol("not_a_list", "the answer is not a list of SCIM 2.0; does `url` lead to the service?")
    })
}

fn total(page: &Page) -> usize {
    page.total.unwrap_or(page.entries.len())
}

async fn users(directory: &ScimDirectory, session: &Session<'_>) -> Result<String, Failure> {
    let page = page(session, &directory.list_users(None)).await?;
    let paths = &directory.paths;
    let without = |test: &dyn Fn(&serde_json::Value) -> bool| page.entries.iter().filter(|user| !test(user)).count();
    let (ids, logins) =
        (without(&|user| paths.person_id.text(user).is_some()), without(&|user| paths.login.text(user).is_some()));
    let inactive = without(&|user| paths.active(user) != Some(false));
    let mut text = format!("{} in all; of the first {}: {inactive} inactive", total(&page), page.entries.len());
    for (count, what) in [(ids, "without the attribute that never changes"), (logins, "without a login")] {
        if count > 0 {
            text.push_str(&format!(", {count} {what}"));
        }
    }
    if total(&page) == 0 {
        text.push_str("; may the token see users?");
    }
    Ok(text)
}

async fn groups(directory: &ScimDirectory, session: &Session<'_>) -> Result<String, Failure> {
    let page = page(session, &directory.list_groups(None, true)).await?;
    let listed = page.entries.iter().filter(|group| get(group, "members").is_some()).count();
    let how = match directory.config.groups.members {
        ScimMembers::People => "who is in them is read from the users",
        ScimMembers::Each => "each is asked for its members",
        ScimMembers::Auto if listed == 0 && total(&page) > 0 => "none lists members, so each is asked for them",
        ScimMembers::Auto => "members come with the list",
    };
    Ok(format!("{} in all; of the first {}, {listed} list members: {how}", total(&page), page.entries.len()))
}
