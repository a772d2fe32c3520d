//! What must be believed, and what is then said of whom.

use super::forge::good;
use super::service::Services;
use rosterd::providers::Said;
use std::collections::BTreeSet;

/// What differs from what is to be said.
fn differs(said: &Said, says: &good::Says) -> Option<String> {
    let set = |groups: &Option<Vec<String>>| groups.as_ref().map(|all| all.iter().cloned().collect::<BTreeSet<_>>());
    let until = said.until.map(|until| until.0);
    let same = said.subject == says.subject
        && said.login == says.login
        && said.name == says.name
        && said.email == says.email
        && set(&said.groups) == set(&says.groups)
        && until == says.until;
    (!same).then(|| format!("{said:?}"))
}

#[tokio::test]
async fn every_good_message_is_believed_and_says_what_it_says() {
    let mut services = Services::new();
    let mut wrong = Vec::new();
    for case in good::all() {
        match services.login(case.site, |given| case.make.sent(given)).await {
            Ok(finished) => {
                wrong.extend(differs(&finished.said, &case.says).map(|said| format!("{}: {said}", case.name)));
            }
            Err(code) => wrong.push(format!("{}: {code}", case.name)),
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), good::all().len(), wrong.join("\n"));
    services.nobody_asked();
}
