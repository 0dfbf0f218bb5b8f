//! Log-in against the sandbox.

use integrations::sandbox::{Sandbox, SandboxError};
use integrations::wechat::{LoginError, WechatLogin};
use kernel::{Coded, ErrorCode};

use crate::stage::{Folder, LOOPBACK, browser};

async fn sandbox(folder: &Folder) -> Sandbox {
    Sandbox::start(LOOPBACK, folder.path()).await.unwrap()
}

#[tokio::test]
async fn a_code_is_a_person_and_always_the_same() {
    let folder = Folder::new();
    let sandbox = sandbox(&folder).await;
    let login = WechatLogin::new(&sandbox.wechat_config("http://127.0.0.1:9/notify")).unwrap();
    for name in ["user", "李 雷&=?", "a"] {
        let person = login.identify(name).await.unwrap();
        assert_eq!(person.openid, format!("sandbox-{name}"));
        assert_eq!(person.unionid, Some(format!("sandbox-union-{name}")));
        assert_eq!(person.nickname, name);
        assert!(person.sex <= 2 && !person.province.is_empty() && !person.city.is_empty(), "{name}");
        assert!(person.avatar_url.starts_with("https://"), "{}", person.avatar_url);
        assert_eq!(login.identify(name).await, Ok(person));
    }
    sandbox.stop().await;
}

#[tokio::test]
async fn a_bad_code_is_refused_as_wechat_refuses() {
    let folder = Folder::new();
    let sandbox = sandbox(&folder).await;
    let login = WechatLogin::new(&sandbox.wechat_config("http://127.0.0.1:9/notify")).unwrap();
    for code in ["bad", "", "a\u{0}b", &"x".repeat(40), &"x".repeat(4000)] {
        let refused = login.identify(code).await.unwrap_err();
        assert_eq!(refused, LoginError::CodeRefused { errcode: 40029 }, "{code:?}");
        assert_eq!(refused.code(), ErrorCode::WechatCodeRefused);
    }
    let url = format!("http://{}/sns/oauth2/access_token", sandbox.address());
    let query = [
        ("appid", "wx0000000000000000"),
        ("secret", "test-only-app-secret"),
        ("code", "bad"),
        ("grant_type", "authorization_code"),
    ];
    let answer = browser().get(url).query(&query).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), r#"{"errcode":40029,"errmsg":"invalid code"}"#);
}

#[tokio::test]
async fn a_wrong_app_is_our_fault_not_the_customers() {
    let folder = Folder::new();
    let sandbox = sandbox(&folder).await;
    let config = sandbox.wechat_config("http://127.0.0.1:9/notify");
    let mut wrong = config.clone();
    wrong.app_secret = "wrong".to_owned();
    let refused = WechatLogin::new(&wrong).unwrap().identify("user").await.unwrap_err();
    assert_eq!(refused, LoginError::Refused { errcode: 40125 });
    assert_eq!(refused.code(), ErrorCode::GatewayUnavailable);
    let mut wrong = config;
    wrong.app_id = "wx9".to_owned();
    let refused = WechatLogin::new(&wrong).unwrap().identify("user").await.unwrap_err();
    assert_eq!(refused, LoginError::Refused { errcode: 40013 });
}

#[tokio::test]
async fn the_sandbox_stays_on_this_machine() {
    let folder = Folder::new();
    for address in ["0.0.0.0:0", "192.0.2.1:8080", "[::]:0"] {
        let refused = Sandbox::start(address.parse().unwrap(), folder.path()).await.unwrap_err();
        assert!(matches!(refused, SandboxError::NotLoopback { .. }), "{address}: {refused}");
    }
    assert!(!folder.path().exists(), "nothing is made before the refusal");
}

#[tokio::test]
async fn a_taken_port_is_told() {
    let folder = Folder::new();
    let sandbox = sandbox(&folder).await;
    let refused = Sandbox::start(sandbox.address(), folder.path()).await.unwrap_err();
    assert!(matches!(refused, SandboxError::Listen { .. }), "{refused}");
}
