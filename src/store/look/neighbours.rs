//! Whom somebody new could be: who has the same login or e-mail address at another provider.

use super::super::StoreError;
use super::super::session::{Param, Session};
use super::{Whom, sql};
use std::collections::BTreeSet;

/// The ids of those users. Compared here, because the databases fold letters in different ways.
pub(super) async fn linkable(db: &mut dyn Session, provider: i64, whom: &Whom) -> Result<BTreeSet<i64>, StoreError> {
    let logins: BTreeSet<&str> = whom.logins.iter().map(String::as_str).collect();
    let emails: BTreeSet<&str> = whom.emails.iter().map(String::as_str).collect();
    let mut users = BTreeSet::new();
    for row in db.rows(sql::ELSEWHERE, &[Param::Int(Some(provider))]).await? {
        let (login, email) = (row.text(1)?, row.text(2)?);
        if logins.contains(login.as_str()) || emails.contains(email.to_lowercase().as_str()) {
            users.insert(row.int(0)?);
        }
    }
    Ok(users)
}
