//! A phone belongs to who proves it.

use serde_json::json;

use super::desk::{USER, call, done, refused, sign_up};
use crate::stage::{Tested, data, phone, shared};

#[tokio::test]
async fn the_first_proof_takes_the_phone_from_who_gave_none() -> Tested {
    for stage in shared().await.iter() {
        let (squatter, phone) = (stage.stranger(), phone());
        let first =
            data(&squatter.post("/account/signup", &json!({"phone": phone, "password": "squat-1"})).await?);
        let owner = done(&sign_up(stage, &phone, "secret-1").await?);
        assert_eq!(owner["user_id"], first["id"], "one phone is one account");
        assert_eq!(squatter.get("/user").await?.code(), 10003, "the sessions before have ended");
        let old = json!({"phone": phone, "password": "squat-1"});
        assert_eq!(squatter.post("/account/login", &old).await?.code(), 10001, "so has the password");
        let new = json!({"phone": phone, "password": "secret-1"});
        done(&call(&stage.stranger(), USER, ("user", "login"), new.clone()).await?);

        // The second proof finds it proved, and changes nothing.
        refused(&sign_up(stage, &phone, "secret-2").await?, 100, "The phone was used");
        data(&squatter.post("/account/login", &new).await?);
        let again = squatter.post("/account/signup", &json!({"phone": phone, "password": "squat-2"})).await?;
        assert_eq!(again.code(), 10004);
    }
    Ok(())
}
