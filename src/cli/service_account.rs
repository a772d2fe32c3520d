//! `rosterd service-account`: accounts that work for programs, and their tokens.

use super::args::Args;
use super::context;
use super::exit::{Exit, Failure};
use super::output::{moment, print, table};
use super::user::{self, value};
use crate::clock::{Clock as _, SystemClock};
use crate::config::{Config, Secret};
use crate::http::token;
use crate::random::SystemRandom;
use crate::store::{Access, Account, AccountChange, Among, NewService, ServiceToken, Store, WhichAccount};
use clap::Subcommand;
use rosterd_core::lifecycle::{Act, ENABLE};
use rosterd_core::rights::OrgRole;
use serde_json::{Value, json};

#[derive(Debug, Subcommand)]
pub(crate) enum ServiceAccount {
    /// Make one in an organization, and print its login.
    Create {
        /// The last part of its login: small letters, digits, `-`, `_` and `.`.
        name: String,
        /// The organization's name.
        #[arg(long, value_name = "NAME")]
        org: String,
        /// Its role there: None, Viewer, Editor, Admin.
        #[arg(long, default_value = "None", value_name = "ROLE")]
        role: String,
        /// For people: what it is for.
        #[arg(long, default_value = "", value_name = "TEXT")]
        title: String,
        #[command(flatten)]
        by: By,
    },
    /// All of them.
    List,
    /// It may not act, and its tokens count for nothing, until `enable`.
    Disable(Act1),
    /// Take back `disable` and `delete`; tokens that `delete` revoked stay so.
    Enable(Act1),
    /// Put it away and revoke its tokens. `rosterd purge` forgets it.
    Delete(Act1),
    /// Its tokens.
    #[command(subcommand)]
    Token(Token),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Act1 {
    /// Such as service:1:build.
    login: String,
    /// Why: for people.
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    #[command(flatten)]
    by: By,
}

#[derive(Debug, clap::Args)]
pub(crate) struct By {
    /// Who does it. Default: the name of the user who types this.
    #[arg(long, env = "USER", default_value = "unknown")]
    by: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Make one, and print it this once.
    Create {
        login: String,
        /// For people: where it is used.
        #[arg(long, value_name = "NAME")]
        name: String,
        /// How long it lasts. Default: 90d.
        #[arg(long, value_name = "TIME")]
        expires: Option<String>,
        #[command(flatten)]
        by: By,
    },
    /// All of an account, without what they are.
    List { login: String },
    /// Make another in the place of one, which counts a little longer: accounts.rotation_overlap.
    Rotate {
        login: String,
        /// The old one, as `list` prints it.
        id: String,
        /// How long the new one lasts. Default: 90d.
        #[arg(long, value_name = "TIME")]
        expires: Option<String>,
        #[command(flatten)]
        by: By,
    },
    /// End one at once.
    Revoke {
        login: String,
        id: String,
        #[command(flatten)]
        by: By,
    },
}

pub(super) async fn run(args: &Args, what: &ServiceAccount) -> Result<Exit, Failure> {
    match what {
        ServiceAccount::Create { name, org, role, title, by } => {
            let known = || Failure::new(Exit::Usage, format!("there is no role {role:?}: None, Viewer, Editor, Admin"));
            let role = OrgRole::parse(role).ok_or_else(known)?;
            let (org, name, title) = (org.clone(), name.clone(), title.clone());
            create(args, NewService { org, name, title, role, by: by.by.clone() }).await
        }
        ServiceAccount::List => list(args).await,
        ServiceAccount::Disable(act) => change(args, act, &[Act::Suspend]).await,
        ServiceAccount::Enable(act) => change(args, act, ENABLE).await,
        ServiceAccount::Delete(act) => change(args, act, &[Act::Archive]).await,
        ServiceAccount::Token(what) => tokens(args, what).await,
    }
}

async fn create(args: &Args, new: NewService) -> Result<Exit, Failure> {
    let loaded = context::load(args)?;
    let store = context::open_to_write(args, &loaded).await?;
    let account = store.add_service(&new, SystemClock.now()).await?;
    print(args, || format!("{}\n", account.login), || value(&account))?;
    Ok(Exit::Done)
}

async fn list(args: &Args) -> Result<Exit, Failure> {
    let loaded = context::load(args)?;
    let store = context::open(&loaded, Access::Read).await?;
    let accounts = user::all(&*store, Among::Services).await?;
    let row = |account: &Account| vec![account.login.clone(), account.name.clone(), account.state.name().to_owned()];
    let rows = || accounts.iter().map(row).collect::<Vec<_>>();
    print(
        args,
        || table(&["LOGIN", "FOR", "STATE"], &rows()),
        || json!({ "service_accounts": accounts.iter().map(value).collect::<Vec<_>>() }),
    )?;
    Ok(Exit::Done)
}

async fn change(args: &Args, asked: &Act1, acts: &'static [Act]) -> Result<Exit, Failure> {
    let (which, reason, by) = (WhichAccount::Login(asked.login.clone()), asked.reason.clone(), asked.by.by.clone());
    user::changed(args, &AccountChange { which, among: Among::Services, acts, reason, by, force: false }).await
}

async fn tokens(args: &Args, what: &Token) -> Result<Exit, Failure> {
    if let Token::Create { name, .. } = what
        && !token::is_name(name)
    {
        return Err(Failure::new(Exit::Usage, format!("--name: {}", token::NAME)));
    }
    let loaded = context::load(args)?;
    let now = SystemClock.now();
    let store = match what {
        Token::List { .. } => context::open(&loaded, Access::Read).await?,
        Token::Create { .. } | Token::Rotate { .. } | Token::Revoke { .. } => {
            context::open_to_write(args, &loaded).await?
        }
    };
    match what {
        Token::Create { login, name, expires, by } => {
            let account = named(&*store, login).await?;
            let until = now.plus_millis(lasts(&loaded.config, expires.as_deref())?);
            let (secret, new) = token::make_service(account.id, name, &by.by, until, &SystemRandom)
                .map_err(|error| Failure::failed(error.to_string()))?;
            let kept = store.add_service_token(&new, now).await?;
            shown(args, &secret, &kept)
        }
        Token::List { login } => {
            let account = named(&*store, login).await?;
            let tokens = store.service_tokens(account.id).await?;
            let row = |token: &ServiceToken| {
                let state = match token.revoked_at {
                    Some(_) => "revoked",
                    None if token.usable(now) => "usable",
                    None if now < token.expires_at => "account not active",
                    None => "expired",
                };
                let (expires, used) = (moment(Some(token.expires_at)), moment(token.last_used_at));
                vec![token.id.clone(), token.name.clone(), state.to_owned(), expires, used]
            };
            let rows = || tokens.iter().map(row).collect::<Vec<_>>();
            let text = || table(&["TOKEN", "NAME", "STATE", "EXPIRES", "LAST USED"], &rows());
            print(args, text, || json!({ "tokens": tokens.iter().map(token_value).collect::<Vec<_>>() }))?;
            Ok(Exit::Done)
        }
        Token::Rotate { login, id, expires, by } => {
            let account = named(&*store, login).await?;
            let all = store.service_tokens(account.id).await?;
            let old = all.into_iter().find(|token| token.id == *id).ok_or_else(|| no_token(login, id))?;
            let until = now.plus_millis(lasts(&loaded.config, expires.as_deref())?);
            let (secret, new) = token::make_service(account.id, &old.name, &by.by, until, &SystemRandom)
                .map_err(|error| Failure::failed(error.to_string()))?;
            let overlap = now.plus_millis(loaded.config.accounts.rotation_overlap.millis());
            let kept = store.rotate_service_token(id, &new, overlap, now).await?;
            shown(args, &secret, &kept.ok_or_else(|| no_token(login, id))?)
        }
        Token::Revoke { login, id, by } => {
            let account = named(&*store, login).await?;
            let token = store.revoke_service_token(account.id, id, &by.by, now).await?;
            let token = token.ok_or_else(|| no_token(login, id))?;
            let text =
                || format!("token {} ({}) is revoked since {}\n", token.id, token.name, moment(token.revoked_at));
            print(args, text, || token_value(&token))?;
            Ok(Exit::Done)
        }
    }
}

async fn named(store: &dyn Store, login: &str) -> Result<Account, Failure> {
    let account = store.account(&WhichAccount::Login(login.to_owned()), Among::Services).await?;
    account.ok_or_else(|| Failure::failed(format!("no service account has the login {login:?}")))
}

fn no_token(login: &str, id: &str) -> Failure {
    Failure::failed(format!("{login} has no token {id:?}; see `rosterd service-account token list`"))
}

/// How long a token is to last, in milliseconds.
fn lasts(config: &Config, expires: Option<&str>) -> Result<i64, Failure> {
    let longest = config.accounts.service_token_longest;
    let lasts = token::lasts(expires, longest);
    let message = || format!("--expires: a number and a unit, such as 30d; at most {longest}");
    lasts.ok_or_else(|| Failure::new(Exit::Usage, message()))
}

fn shown(args: &Args, secret: &Secret, kept: &ServiceToken) -> Result<Exit, Failure> {
    let token = secret.expose();
    let until = moment(Some(kept.expires_at));
    let text = || format!("{token}\n\nToken {} of {}, until {until}. It is not shown again.\n", kept.id, kept.login);
    print(args, text, || {
        let mut value = token_value(kept);
        value["token"] = token.into();
        value
    })?;
    Ok(Exit::Done)
}

fn token_value(token: &ServiceToken) -> Value {
    json!({
        "id": token.id, "login": token.login, "name": token.name, "created_by": token.created_by,
        "created_at": token.created_at, "expires_at": token.expires_at, "last_used_at": token.last_used_at,
        "revoked_at": token.revoked_at,
    })
}
