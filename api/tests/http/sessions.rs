//! Signing up, in and out, and who is asked for it.

use kernel::Coded as _;

use super::stage::Stage;

#[tokio::test]
async fn signing_up_gives_a_session_and_a_user_of_the_documents_shape() {
    let stage = Stage::new().await;
    let mut client = stage.client();
    let said =
        client.post("/account/signup", r#"{"phone":"13900000001","password":"secret-1","x":[1]}"#).await;
    let user = said.data().clone();
    let mut names: Vec<&String> = user.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["avatar", "balance", "city", "coupon", "gender", "id", "name", "phone", "province"]);
    assert_eq!(user["phone"], 13_900_000_001_u64);
    assert_eq!(
        (user["balance"].as_i64(), user["coupon"].as_i64(), user["gender"].as_i64()),
        (Some(0), Some(0), Some(0))
    );
    let cookie = said.header("set-cookie").unwrap();
    assert!(
        cookie.starts_with("session=")
            && cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000")
    );
    assert_eq!(said.header("cache-control"), Some("no-store"));

    assert_eq!(client.get("/user").await.data(), &user);
    let again = client.post("/account/signup", r#"{"phone":"13900000001","password":"secret-2"}"#).await;
    assert_eq!(again.code(), 10004);
    assert!(again.body["data"].is_null() && again.message().starts_with("phone: "));
}

#[tokio::test]
async fn logging_in_tells_an_unknown_phone_and_a_wrong_password_alike() {
    let stage = Stage::new().await;
    stage.customer("13900000002").await;
    let mut client = stage.client();
    let form = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
    let said = client.ask("POST", "/account/login", &form, "phone=13900000002&password=secret-1").await;
    assert_eq!(said.data()["phone"], 13_900_000_002_u64);

    let mut stranger = stage.client();
    let wrong = stranger.post("/account/login", r#"{"phone":"13900000002","password":"secret-9"}"#).await;
    let unknown = stranger.post("/account/login", r#"{"phone":"13900000009","password":"secret-1"}"#).await;
    assert_eq!((wrong.code(), unknown.code()), (10001, 10001));
    assert_eq!(wrong.text, unknown.text);
    assert_eq!(stranger.cookie, None);
    for (body, field) in [
        (r#"{"phone":13900000002,"password":"secret-1"}"#, "phone: "),
        (r#"{"phone":"13900000002"}"#, "password: "),
        (r#"{"phone":"13900000002","password":"a\u0000bcdef"}"#, "password: "),
        (r#"{"phone":"","password":"secret-1"}"#, "phone: "),
        ("[]", "body: "),
        ("{", "body: "),
        ("", "phone: "),
    ] {
        let said = stranger.post("/account/login", body).await;
        assert_eq!(said.code(), 10005, "{body}");
        assert!(said.message().starts_with(field), "{body}: {}", said.message());
    }
}

#[tokio::test]
async fn wechat_signs_in_whoever_it_knows() {
    let stage = Stage::new().await;
    let mut client = stage.client();
    let said = client.get("/account/signin?code=alice").await;
    let user = said.data().clone();
    assert_eq!((user["name"].as_str(), user["phone"].as_u64()), (Some("alice"), Some(0)));
    assert_eq!(client.get("/account/signin?code=alice").await.data()["id"], user["id"]);
    assert_eq!(client.get("/account/signin?code=bad").await.code(), 10001);
    assert_eq!(client.get("/account/signin").await.code(), 10005);
    assert_eq!(client.get("/account/signin?code=a&code=b").await.code(), 10005);
    assert_eq!(client.get("/account/signin?code=%zz").await.code(), 10005);
    let mut other = stage.client();
    let said = other.ask("GET", "/account/signin?code=bob", &[("sec-fetch-site", "cross-site")], "").await;
    assert_eq!((said.code(), other.cookie.as_ref()), (10001, None));
}

#[tokio::test]
async fn signing_out_ends_the_session_everywhere() {
    let stage = Stage::new().await;
    let (mut client, _) = stage.customer("13900000003").await;
    let mut same = client.clone();
    let prefetched = client.ask("GET", "/account/signout", &[("sec-purpose", "prefetch")], "").await;
    assert_eq!(prefetched.code(), 10001);
    assert_eq!(client.get("/user").await.code(), 0);

    let said = client.get("/account/signout").await;
    assert_eq!(String::from_utf8(said.text.clone()).unwrap(), r#"{"code":0}"#);
    assert!(said.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(client.cookie, None);
    assert_eq!(same.get("/user").await.code(), 10003);
    assert_eq!(client.get("/account/signout").await.code(), 0);
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_told_so() {
    let stage = Stage::new().await;
    for cookie in [None, Some("session=nonsense".to_owned()), Some("session=".to_owned())] {
        let mut client = stage.client();
        client.cookie = cookie;
        for path in ["/user", "/cart", "/ledgers?type=0", "/product/1/with_balance", "/product/1/with_coupon"]
        {
            assert_eq!(client.get(path).await.code(), 10003, "{path}");
        }
        for path in ["/cart", "/cart/pay_with_balance", "/cart/pay_with_coupon", "/payment_order"] {
            assert_eq!(client.post(path, "{}").await.code(), 10003, "{path}");
        }
        for path in ["/products", "/payment_items"] {
            assert_eq!(client.get(path).await.data(), &serde_json::json!([]), "{path}");
        }
    }
}

#[tokio::test]
async fn a_log_in_under_way_ends_with_the_password_it_rests_on() {
    let stage = Stage::new().await;
    let (_, account) = stage.customer("13900000021").await;
    let asks = commerce::Caller::house("test");
    let log_in = async || stage.commerce.log_in(&asks, "13900000021", "secret-1").await.unwrap();
    let (first, second) = (log_in().await, log_in().await);
    assert!(stage.commerce.open_session(first, 60).await.is_ok());
    // What whoever proves the phone does first.
    assert!(stage.vault.save_password(account, "another", kernel::Timestamp::default()).await.unwrap());
    let late = stage.commerce.open_session(second, 60).await.err().unwrap();
    assert_eq!(late.code(), kernel::ErrorCode::WrongCredentials);
}

#[tokio::test]
async fn nobody_comes_in_while_the_account_is_erased() {
    let stage = Stage::new().await;
    let (mut client, account) = stage.customer("13900000022").await;
    let asks = commerce::Caller::house("test");
    let by_password = stage.commerce.log_in(&asks, "13900000022", "secret-1").await.unwrap();
    stage.commerce.erase_account(&asks, account).await.unwrap();
    let code = async |opened: Result<commerce::SessionToken, commerce::Error>| opened.err().unwrap().code();
    let by_password = stage.commerce.open_session(by_password, 60).await;
    assert_eq!(code(by_password).await, kernel::ErrorCode::WrongCredentials);
    let by_anything_else = stage.commerce.open_session(account, 60).await;
    assert_eq!(code(by_anything_else).await, kernel::ErrorCode::AccountErased);
    // Nor does a password come back.
    assert!(!stage.vault.save_password(account, "another", kernel::Timestamp::default()).await.unwrap());
    assert_eq!(client.get("/user").await.code(), 10003);
}

#[tokio::test]
async fn other_programs_cookies_are_no_matter() {
    let stage = Stage::new().await;
    let (mut client, _) = stage.customer("13900000023").await;
    let own = client.cookie.clone().unwrap();
    let legacy = "session=eyJ1c2VyIjo1fQ.aBcD.eF-gH";
    for cookies in [format!("city=成都; {own}"), format!("{legacy}; {own}"), format!("{own}; {legacy}")] {
        client.cookie = Some(cookies.clone());
        assert_eq!(client.get("/user").await.code(), 0, "{cookies}");
    }
    client.cookie = Some(legacy.to_owned());
    assert_eq!(client.get("/user").await.code(), 10003);
}
