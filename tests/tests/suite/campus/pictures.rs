//! Pictures: what is taken, under which names, and what is shown to whom.

use std::collections::HashSet;
use std::io::Cursor;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::{DynamicImage, ImageFormat};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, ServerOptions};

use super::desk::{Person, call_once, done, person, refused};
use crate::stage::{Stage, Tested, shared};

const PIC: &str = "/api/external/pic";
const PORTRAIT: &str = "/api/external/portrait";
const UPLOAD: (&str, &str) = ("pic", "upload");
const UPLOAD_PORTRAIT: (&str, &str) = ("portrait", "upload");
const BAD: &str = "Arg's value error: base64";

/// A picture that no other test has.
fn packed(format: ImageFormat, shade: u8) -> Vec<u8> {
    let picture = image::RgbImage::from_fn(8, 8, |x, _| image::Rgb([shade, u8::try_from(x).unwrap_or(0), 7]));
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(picture).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A picture in base64.
fn png(shade: u8) -> String {
    STANDARD.encode(packed(ImageFormat::Png, shade))
}

async fn upload(person: &Person, data: Value) -> Result<Answer, reqwest::Error> {
    person.call(PIC, UPLOAD, data).await
}

/// The address of a picture that was taken.
fn path(answer: &Answer) -> String {
    let url = done(answer)["url"].as_str().unwrap_or_default().to_owned();
    url.strip_prefix('.').unwrap_or_else(|| panic!("as the document shows it: {url}")).to_owned()
}

async fn show(stage: &Stage, path: &str) -> Result<Answer, reqwest::Error> {
    let shown = stage.stranger().get(path).await?;
    assert_eq!(shown.status, 200, "{path}");
    Ok(shown)
}

fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[tokio::test]
async fn all_formats_are_taken_and_shown_as_they_came() -> Tested {
    for stage in shared().await.iter() {
        let person = person(stage).await?;
        for (format, name) in [
            (ImageFormat::Png, "png"),
            (ImageFormat::Jpeg, "jpeg"),
            (ImageFormat::Gif, "gif"),
            (ImageFormat::WebP, "webp"),
        ] {
            let bytes = packed(format, 11);
            for from in ["property", "shop", "product"] {
                let answer =
                    upload(&person, json!({"from": from, "base64": STANDARD.encode(&bytes)})).await?;
                let path = path(&answer);
                let (_, md5) = path.rsplit_once('/').unwrap_or_default();
                assert_eq!(path, format!("/api/external/get/pic/{from}/{md5}"));
                let shown = show(stage, &path).await?;
                assert_eq!(shown.bytes, bytes);
                assert_eq!(header(&shown, "content-type"), format!("image/{name}"));
                assert_eq!(header(&shown, "etag"), format!("\"{md5}\""));
                assert!(header(&shown, "cache-control").contains("max-age"), "such a name never changes");
                assert_eq!(header(&shown, "x-content-type-options"), "nosniff");
                let client = stage.stranger();
                let again =
                    client.request(Method::GET, &path).header("If-None-Match", header(&shown, "etag"));
                assert_eq!(client.send(again).await?.status, 304);
                assert_eq!(client.send(client.request(Method::HEAD, &path)).await?.status, 200);
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_is_no_picture_is_refused() -> Tested {
    for stage in shared().await.iter() {
        let person = person(stage).await?;
        let mut bomb = Cursor::new(Vec::new());
        DynamicImage::new_luma8(5_000, 5_000).write_to(&mut bomb, ImageFormat::Png).unwrap();
        let mut large = packed(ImageFormat::Png, 12);
        large.resize(1025 * 1024, 0);
        let mut damaged = packed(ImageFormat::Png, 13);
        damaged.truncate(60);
        for bytes in
            [bomb.into_inner(), large.clone(), damaged, b"<svg xmlns=\"a\"/>".to_vec(), b"%PDF".to_vec()]
        {
            let data = json!({"from": "shop", "base64": STANDARD.encode(bytes)});
            refused(&upload(&person, data).await?, -204, BAD);
        }
        large.truncate(1024 * 1024);
        done(&upload(&person, json!({"from": "shop", "base64": STANDARD.encode(large)})).await?);
        let whole = png(14);
        for (data, status, message) in [
            (json!({}), -3, "Error data key: from"),
            (json!({"from": "shop"}), -3, "Error data key: base64"),
            (json!({"from": "", "base64": 1}), -201, "Necessary key-value can't be empty: from"),
            (json!({"from": "shop", "base64": ""}), -201, "Necessary key-value can't be empty: base64"),
            (
                json!({"from": "shop", "base64": whole, "name": ""}),
                -201,
                "Necessary key-value can't be empty: name",
            ),
            (json!({"from": 1, "base64": whole}), -203, "Arg's value type error: from"),
            (json!({"from": "shop", "base64": whole, "name": 7}), -203, "Arg's value type error: name"),
            (json!({"from": "video", "base64": whole}), -204, "Arg's value error: from"),
            (json!({"from": "../shop", "base64": whole}), -204, "Arg's value error: from"),
            (json!({"from": "shop", "base64": "no base64!"}), -204, BAD),
            (
                json!({"from": "shop", "base64": whole, "name": "n".repeat(101)}),
                -204,
                "Arg's value error: name",
            ),
        ] {
            refused(&upload(&person, data).await?, status, message);
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_name_is_never_a_path() -> Tested {
    for stage in shared().await.iter() {
        let person = person(stage).await?;
        for name in ["../../log.db", "..", ".", "a/b", "C:\\x", "/etc/passwd", "a\u{1}b", "a\u{0}b"] {
            let data = json!({"from": "shop", "base64": png(15), "name": name});
            refused(&upload(&person, data).await?, -204, "Arg's value error: name");
        }
        for name in ["名字 1?#%", "..a", "con"] {
            let name = format!("{name}{}", person.user_id);
            let path =
                path(&upload(&person, json!({"from": "shop", "base64": png(16), "name": name})).await?);
            assert_eq!(show(stage, &path).await?.bytes, packed(ImageFormat::Png, 16), "{path}");
        }
        // Nothing lies outside the folder of the pictures, or under a name that somebody gave.
        let mut folders = vec![stage.place.path().join("pictures")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
                let name = entry.file_name().into_string().unwrap();
                // What is being written just now has a number behind a #.
                let hash = name.split('#').next().unwrap_or_default();
                let is_ours = hash.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
                assert!(is_ours, "{name}");
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path());
                }
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_name_belongs_to_its_first_uploader() -> Tested {
    for stage in shared().await.iter() {
        let (owner, other) = (person(stage).await?, person(stage).await?);
        let name = format!("cover{}", owner.user_id);
        let data = |shade: u8| json!({"from": "product", "base64": png(shade), "name": name});
        let path = path(&upload(&owner, data(21)).await?);
        refused(&upload(&other, data(22)).await?, -204, "Arg's value error: name");
        assert_eq!(show(stage, &path).await?.bytes, packed(ImageFormat::Png, 21));
        // What lies there already can be brought again by anybody; another picture by its owner alone.
        done(&upload(&other, data(21)).await?);
        done(&upload(&owner, data(23)).await?);
        let shown = show(stage, &path).await?;
        assert_eq!(shown.bytes, packed(ImageFormat::Png, 23));
        assert_eq!(header(&shown, "cache-control"), "no-cache", "such a name may change");
        // Names of other kinds are others.
        done(&upload(&other, json!({"from": "shop", "base64": png(24), "name": name})).await?);
    }
    Ok(())
}

#[tokio::test]
async fn a_portrait_is_ones_own() -> Tested {
    for stage in shared().await.iter() {
        let (me, other) = (person(stage).await?, person(stage).await?);
        let id = me.user_id.to_string();
        let path = format!("/api/external/get/portrait/{id}");
        let avatar = show(stage, &path).await?;
        let portrait =
            |kind: &str, base64: String| json!({"name": "", "id": id, "base64": base64, "type": kind});
        let answer = me.call(PORTRAIT, UPLOAD_PORTRAIT, portrait("image/png", png(31))).await?;
        assert_eq!(done(&answer), json!({"url": format!(".{path}")}));
        assert_eq!(show(stage, &path).await?.bytes, packed(ImageFormat::Png, 31));
        done(&me.call(PORTRAIT, UPLOAD_PORTRAIT, portrait("PNG", png(32))).await?);
        assert_eq!(show(stage, &path).await?.bytes, packed(ImageFormat::Png, 32));
        // By the other operation, too.
        done(&upload(&me, json!({"from": "portrait", "base64": png(33), "name": id})).await?);
        assert_eq!(show(stage, &path).await?.bytes, packed(ImageFormat::Png, 33));
        assert_eq!(
            show(stage, &format!("/api/external/get/pic/portrait/{id}")).await?.bytes,
            packed(ImageFormat::Png, 33)
        );

        let another = portrait("png", png(34));
        refused(&other.call(PORTRAIT, UPLOAD_PORTRAIT, another).await?, -204, "Arg's value error: id");
        let another = json!({"from": "portrait", "base64": png(34), "name": id});
        refused(&upload(&other, another).await?, -204, "Arg's value error: name");
        for (data, status, message) in [
            (json!({"id": id, "base64": png(1), "type": "png"}), -3, "Error data key: name"),
            (portrait("", png(1)), -201, "Necessary key-value can't be empty: type"),
            (
                json!({"name": "", "id": me.user_id, "base64": png(1), "type": "png"}),
                -203,
                "Arg's value type error: id",
            ),
            (portrait("svg", png(1)), -204, "Arg's value error: type"),
            (portrait("image/jpeg", png(1)), -204, "Arg's value error: type"),
            (portrait("png", "!".to_owned()), -204, BAD),
        ] {
            refused(&me.call(PORTRAIT, UPLOAD_PORTRAIT, data).await?, status, message);
        }
        assert_ne!(avatar.bytes, show(stage, &path).await?.bytes);
        let none = format!("/api/external/get/portrait/{}", other.user_id);
        assert_eq!(show(stage, &none).await?.bytes, avatar.bytes);
    }
    Ok(())
}

#[tokio::test]
async fn avatar_error_and_ban_are_three_pictures() -> Tested {
    let options = ServerOptions::default().with(&["--referer-hosts", "partner.example"]);
    for stage in Stage::both(&options).await {
        let avatar = show(&stage, "/api/external/get/portrait/1").await?.bytes;
        let error = show(&stage, "/api/external/get/pic/shop/none").await?.bytes;
        for path in [
            "portrait/abc",
            "portrait/-1",
            "portrait/1.5",
            "portrait/9007199254740992",
            "portrait/%ff",
            "pic/video/none",
            "pic/shop/%ff",
            "pic/shop/..%2f..%2flog.db",
            "pic/shop/%00",
        ] {
            assert_eq!(show(&stage, &format!("/api/external/get/{path}")).await?.bytes, error, "{path}");
        }
        let own = format!("http://{}/page", stage.server.authority());
        let client = stage.stranger();
        let mut bans = HashSet::new();
        for path in ["portrait/1", "portrait/abc", "pic/shop/none", "pic/video/none"] {
            let path = format!("/api/external/get/{path}");
            let plain = show(&stage, &path).await?.bytes;
            for (referer, is_foreign) in
                [(own.as_str(), false), ("https://partner.example/a", false), ("https://evil.example/", true)]
            {
                let request = client.request(Method::GET, &path).header("Referer", referer);
                let shown = client.send(request).await?;
                assert_eq!((shown.status.as_u16(), header(&shown, "content-type")), (200, "image/png"));
                assert!(header(&shown, "vary").to_ascii_lowercase().contains("referer"));
                assert_eq!(shown.bytes != plain, is_foreign, "{path} on {referer}");
                if is_foreign {
                    bans.insert(shown.bytes);
                }
            }
        }
        assert_eq!(bans.len(), 1);
        assert!(avatar != error && !bans.contains(&avatar) && !bans.contains(&error));
        for bytes in bans.iter().chain([&avatar, &error]) {
            image::load_from_memory_with_format(bytes, ImageFormat::Png).unwrap();
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_repeated_upload_has_the_same_answer_also_after_a_restart() -> Tested {
    for stage in Stage::both(&ServerOptions::default()).await {
        let mut me = person(&stage).await?;
        let data = json!({"from": "shop", "base64": png(41), "name": "kept"});
        let first = call_once(&me, PIC, UPLOAD, data.clone(), "key").await?;
        done(&first);
        let other = json!({"from": "shop", "base64": png(42), "name": "kept"});
        let reused = call_once(&me, PIC, UPLOAD, other.clone(), "key").await?;
        refused(&reused, -204, "Arg's value error: Idempotency-Key");
        let stage = stage.restart(&ServerOptions::default());
        me.client = stage.stranger();
        assert_eq!(call_once(&me, PIC, UPLOAD, data, "key").await?.text(), first.text());
        assert_eq!(show(&stage, &path(&first)).await?.bytes, packed(ImageFormat::Png, 41));
        refused(
            &call_once(&me, PIC, UPLOAD, other, "key").await?,
            -204,
            "Arg's value error: Idempotency-Key",
        );
    }
    Ok(())
}
