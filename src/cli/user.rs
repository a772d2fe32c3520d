//! `rosterd user` and `rosterd users`: what people do about accounts, and how accounts stand.

use super::args::Args;
use super::context;
use super::exit::{Exit, Failure};
use super::output::{moment, print, table};
use crate::clock::{Clock as _, SystemClock};
use crate::store::{Access, Account, AccountChange, Among, Store, WhichAccount};
use clap::Subcommand;
use rosterd_core::lifecycle::Act;
use serde_json::{Value, json};

#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// May not act until `resume`. Sessions end.
    Suspend(Whose),
    /// Take back `suspend`. Other reasons stay.
    Resume(Whose),
    /// May not act until `unblock`, wherever they come back. Sessions end, and logins are not renewed.
    Block(Whose),
    /// Take back `block`. Other reasons stay.
    Unblock(Whose),
    /// Put the account away. It stays so, wherever they come back, until `unarchive`.
    Archive(Whose),
    /// Take the account out of the archive, whoever put it there. Other reasons stay.
    Unarchive(Whose),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Whose {
    login: String,
    /// Why: for people.
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// Even if an organization, or the installation, has no usable Admin left.
    #[arg(long)]
    force: bool,
    /// Who does it. Default: the name of the user who types this.
    #[arg(long, env = "USER", default_value = "unknown")]
    by: String,
}

impl User {
    fn said(&self) -> (&'static [Act], &Whose) {
        match self {
            Self::Suspend(whose) => (&[Act::Suspend], whose),
            Self::Resume(whose) => (&[Act::Resume], whose),
            Self::Block(whose) => (&[Act::Block], whose),
            Self::Unblock(whose) => (&[Act::Unblock], whose),
            Self::Archive(whose) => (&[Act::Archive], whose),
            Self::Unarchive(whose) => (&[Act::Unarchive], whose),
        }
    }
}

pub(super) async fn run(args: &Args, what: &User) -> Result<Exit, Failure> {
    let (acts, whose) = what.said();
    let change = AccountChange {
        which: WhichAccount::Login(whose.login.clone()),
        among: Among::People,
        acts,
        reason: whose.reason.clone(),
        by: whose.by.clone(),
        force: whose.force,
    };
    changed(args, &change).await
}

/// Does it, and says how the account stands then.
pub(super) async fn changed(args: &Args, change: &AccountChange) -> Result<Exit, Failure> {
    let loaded = context::load(args)?;
    let store = context::open_to_write(args, &loaded).await?;
    let Some(account) = store.change_account(change, SystemClock.now()).await? else {
        let login = match &change.which {
            WhichAccount::Login(login) => login.clone(),
            WhichAccount::Number(number) => format!("#{number}"),
        };
        let what = if change.among == Among::People { "nobody has" } else { "no service account has" };
        return Err(Failure::failed(format!("{what} the login {login:?}")));
    };
    print(args, || line(&account), || value(&account))?;
    Ok(Exit::Done)
}

/// `rosterd users`
pub(super) async fn list(args: &Args) -> Result<Exit, Failure> {
    let loaded = context::load(args)?;
    let store = context::open(&loaded, Access::Read).await?;
    let accounts = all(&*store, Among::People).await?;
    let row = |account: &Account| {
        let (kind, state) = (account.kind.name().to_owned(), account.state.name().to_owned());
        vec![account.login.clone(), account.id.to_string(), kind, state, why(account)]
    };
    let rows = || accounts.iter().map(row).collect::<Vec<_>>();
    print(
        args,
        || table(&["LOGIN", "NUMBER", "KIND", "STATE", "WHY"], &rows()),
        || json!({ "users": accounts.iter().map(value).collect::<Vec<_>>() }),
    )?;
    Ok(Exit::Done)
}

/// How many are asked for at once.
const PAGE: u32 = 1000;

/// All of them.
pub(super) async fn all(store: &dyn Store, among: Among) -> Result<Vec<Account>, Failure> {
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let page = store.accounts_after(among, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(all) };
        after = last.id.into();
        all.extend(page);
    }
}

fn why(account: &Account) -> String {
    let one = |reason: &crate::store::AccountReason| match reason.reason.as_str() {
        "" => reason.origin.clone(),
        text => format!("{}: {text}", reason.origin),
    };
    account.reasons.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn line(account: &Account) -> String {
    let mut text = format!("{} is {}\n", account.login, account.state.name());
    for reason in &account.reasons {
        text.push_str(&format!("  {}, since {}: {}\n", reason.origin, moment(Some(reason.since)), reason.reason));
    }
    text
}

/// As JSON and YAML show an account.
pub(super) fn value(account: &Account) -> Value {
    let reasons = account.reasons.iter();
    let reasons =
        reasons.map(|reason| json!({ "origin": reason.origin, "reason": reason.reason, "since": reason.since }));
    json!({
        "id": account.id, "login": account.login, "name": account.name, "email": account.email,
        "kind": account.kind.name(), "state": account.state.name(), "reasons": reasons.collect::<Vec<_>>(),
    })
}
