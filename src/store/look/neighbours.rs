//! Whose rows a look needs: the people themselves, who holds their logins, whom they could be.

use super::super::StoreError;
use super::super::session::{Param, Session};
use super::{Whom, list, sql};
use std::collections::BTreeSet;

/// The ids of those users.
pub(super) async fn of(db: &mut dyn Session, provider: i64, whom: &Whom) -> Result<BTreeSet<i64>, StoreError> {
    let (subjects, logins) = (list(&whom.subjects), list(&whom.logins));
    let (provider, subjects) = (Param::Int(Some(provider)), Param::Text(Some(&subjects)));
    let owners = db.rows(sql::OWNERS.of(db.dialect()), &[provider, subjects, Param::Text(Some(&logins))]).await?;
    let mut users = owners.iter().map(|row| row.int(0)).collect::<Result<BTreeSet<i64>, _>>()?;
    let known = owners.iter().filter(|row| row.int(1).is_ok_and(|kind| kind == 1)).count();
    if whom.link && known < whom.subjects.len() {
        linkable(db, provider, whom, &mut users).await?;
    }
    Ok(users)
}

/// Compared here, because the databases fold letters in different ways.
async fn linkable(
    db: &mut dyn Session,
    provider: Param<'_>,
    whom: &Whom,
    users: &mut BTreeSet<i64>,
) -> Result<(), StoreError> {
    let logins: BTreeSet<&str> = whom.logins.iter().map(String::as_str).collect();
    let emails: BTreeSet<&str> = whom.emails.iter().map(String::as_str).collect();
    for row in db.rows(sql::ELSEWHERE, &[provider]).await? {
        let (login, email) = (row.text(1)?, row.text(2)?);
        if logins.contains(login.as_str()) || emails.contains(email.to_lowercase().as_str()) {
            users.insert(row.int(0)?);
        }
    }
    Ok(())
}
