//! A look and what comes of it, in one writer's turn.

use super::super::look::{self, PEOPLE, Scope, Sight, list};
use super::super::session::Revision;
use super::super::{Applied, PersonNow, given, now};
use super::apply::{self, Then};
use super::session::{PgSession, read};
use super::statement::Statement;
use super::{StoreError, leases, observe};
use rosterd_core::writes::Writes;

/// See [`super::super::Store::revise`]. The transaction is the caller's to commit.
pub(super) async fn revise(
    session: &mut PgSession,
    r: Revision,
) -> Result<(Option<Applied>, Vec<Option<PersonNow>>), StoreError> {
    let everybody = matches!(r.scope, Scope::Everybody);
    let (mut sight, subjects) = match r.scope {
        Scope::People(whom) => {
            (look::look(session, &r.provider, &whom, r.window, r.now, &r.kept).await?, whom.subjects)
        }
        Scope::Everybody => {
            let observed = observe::observe(session.c()?, &r.provider, r.window).await?;
            let given = given::given(session, &r.provider).await?;
            (Sight { observed, given, ..Sight::default() }, Vec::new())
        }
    };
    let provider = sight.observed.provider.as_ref().map(|provider| provider.id.into());
    let (as_seen, tail) = (now::in_sight(&sight, &subjects), sight.tail.take());
    let decision = (r.decide)(sight);
    if let (Some(number), Some(provider)) = (decision.finished, provider) {
        look::note_finished(session, &r.kept, provider, number).await?;
    }
    let Some(writes) = decision.writes else { return Ok((None, as_seen)) };
    at_generation(session, &writes)?;
    if everybody {
        leases::fence(session.c()?, &writes).await?;
    }
    let then = match &writes.run {
        Some(_) if !subjects.is_empty() => {
            Then::Ask(Statement::new(PEOPLE.postgres).bind(r.provider).bind(list(&subjects)))
        }
        Some(_) => Then::Nothing,
        // Only that they were seen.
        None if everybody => Then::Nothing,
        None => Then::Commit,
    };
    let asked = matches!(then, Then::Ask(_));
    let (applied, rows) = apply::apply(session.turn()?, &writes, r.now, tail, then).await?;
    look::note_applied(session, &r.kept, &writes).await?;
    let people = if asked { now::answered(read(&rows)?, &subjects)? } else { as_seen };
    Ok((Some(applied), people))
}

/// What was planned at another generation is not written.
pub(super) fn at_generation(session: &mut PgSession, writes: &Writes) -> Result<(), StoreError> {
    if session.turn()?.generation == writes.generation { Ok(()) } else { Err(StoreError::Moved) }
}
