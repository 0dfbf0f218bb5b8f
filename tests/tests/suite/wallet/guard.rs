//! A GET that buys, signs in or signs out must be meant: not a HEAD, not a prefetch, not another site's.

use reqwest::Method;

use crate::catalogue::TEA;
use crate::stage::{Tested, data, ledger, name, phone, purse, refused, shared};

const UNMEANT: [(&str, &str); 4] = [
    ("Sec-Purpose", "prefetch"),
    ("Sec-Purpose", "prefetch;prerender"),
    ("Purpose", "prefetch"),
    ("Sec-Fetch-Site", "cross-site"),
];

#[tokio::test]
async fn what_nobody_meant_never_buys() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.buyer().await?;
        for how in ["with_balance", "with_coupon"] {
            let path = format!("/product/{TEA}/{how}");
            let head = client.send(client.request(Method::HEAD, &path)).await?;
            assert!(head.status.is_success() && head.bytes.is_empty(), "{head:?}");
            for (header, value) in UNMEANT {
                for method in [Method::GET, Method::POST] {
                    let request = client.request(method.clone(), &path).header(header, value);
                    refused(&client.send(request).await?, 10001);
                }
            }
        }
        for path in ["/cart/pay_with_balance", "/cart/pay_with_coupon"] {
            data(&client.post("/cart", &serde_json::json!({"product_id": TEA})).await?);
            let request = client.request(Method::POST, path).header("Sec-Fetch-Site", "cross-site");
            refused(&client.send(request).await?, 10001);
        }
        assert_eq!(purse(&client).await?, (10_000, 2_000));
        assert_eq!(ledger(&client, 0).await?.len(), 1);
        for site in ["same-origin", "same-site", "none"] {
            let request = client.request(Method::GET, "/user").header("Sec-Fetch-Site", site);
            data(&client.send(request).await?);
        }
        let meant = client.request(Method::GET, &format!("/product/{TEA}/with_balance"));
        data(&client.send(meant.header("Sec-Fetch-Site", "same-origin")).await?);
        assert_eq!(purse(&client).await?.0, 7_200);
    }
    Ok(())
}

#[tokio::test]
async fn what_nobody_meant_neither_signs_in_nor_out() -> Tested {
    for stage in shared().await.iter() {
        let client = stage.person().await?;
        let stranger = stage.stranger();
        let signin = format!("/account/signin?code={}", name());
        for (header, value) in UNMEANT {
            let answer =
                client.send(client.request(Method::GET, "/account/signout").header(header, value)).await?;
            refused(&answer, 10001);
            assert!(answer.headers.get("set-cookie").is_none());
            let answer = stranger.send(stranger.request(Method::GET, &signin).header(header, value)).await?;
            refused(&answer, 10001);
        }
        // Nor is anybody brought into an account by a page of another site.
        let (taken, fresh) = (phone(), phone());
        let credentials = |phone: &str| serde_json::json!({"phone": phone, "password": "secret-1"});
        data(&stage.stranger().post("/account/signup", &credentials(&taken)).await?);
        for (path, phone) in [("/account/login", &taken), ("/account/signup", &fresh)] {
            let request = stranger.request(Method::POST, path).json(&credentials(phone));
            let answer = stranger.send(request.header("Sec-Fetch-Site", "cross-site")).await?;
            refused(&answer, 10001);
            assert!(answer.headers.get("set-cookie").is_none());
        }
        data(&stranger.post("/account/signup", &credentials(&fresh)).await?);
        stranger.set_cookie(None);
        for (who, path) in [(&client, "/account/signout"), (&stranger, signin.as_str())] {
            let head = who.send(who.request(Method::HEAD, path)).await?;
            assert!(head.headers.get("set-cookie").is_none(), "{head:?}");
        }
        data(&client.get("/user").await?);
        assert!(stranger.cookie().is_none());
    }
    Ok(())
}
