//! Settings: precedence, bounds, and a gateway that is all there or not at all.

use clap::Parser as _;

use super::Settings;
use crate::cli::{Cli, Command};
use crate::failure::Failure;
use crate::settings::ServeSettings;

fn resolve(arguments: &[&str]) -> Result<ServeSettings, Failure> {
    let cli = Cli::try_parse_from(["suanpan", "serve"].iter().chain(arguments)).expect("the options parse");
    let Command::Serve(options) = cli.command else { panic!("not serve") };
    options.resolve()
}

fn refusal(settings: Result<ServeSettings, Failure>) -> String {
    settings.err().expect("it should be refused").to_string()
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().expect("a file in the temporary folder");
    std::fs::write(file.path(), text).expect("a file that can be written");
    file
}

#[test]
fn an_option_goes_over_the_file_and_the_file_over_the_default() {
    let file = file("listen = \"127.0.0.1:9001\"\nqueue_max = 7\n");
    let path = file.path().to_str().expect("a path in UTF-8");
    let settings = resolve(&["-c", path, "--listen", "127.0.0.1:9002"]).expect("settings");
    assert_eq!(settings.listen.port(), 9002);
    assert_eq!(settings.queue_max, 7);
    assert_eq!(settings.body_bytes_max, 65_536);
    assert!(!settings.is_demo && settings.wechat.is_none());
}

#[test]
fn a_wrong_file_is_told_with_its_line_and_key() {
    let file = file("queue_max = 7\nlissten = \"x\"\n");
    let told = refusal(resolve(&["-c", file.path().to_str().expect("a path in UTF-8")]));
    assert!(told.contains("lissten") && told.contains("line 2"), "{told}");
    let told = refusal(resolve(&["-c", "there-is-no-such-file.toml"]));
    assert!(told.contains("there-is-no-such-file.toml"), "{told}");
}

#[test]
fn a_number_out_of_bounds_is_told_with_its_key() {
    assert!(refusal(resolve(&["--queue-max", "0"])).starts_with("queue_max: "));
    assert!(refusal(resolve(&["--shops-per-account-max", "1000001"])).starts_with("shops_per_account_max: "));
    assert!(refusal(resolve(&["--request-timeout-ms", "1"])).starts_with("request_timeout_ms: "));
}

#[test]
fn half_a_gateway_is_no_sandbox() {
    let told = refusal(resolve(&["--wechat-app-id", "wx1"]));
    assert!(told.starts_with("public_url: missing"), "{told}");
    let told = refusal(resolve(&["--sms-region", "ap-guangzhou"]));
    assert!(told.starts_with("sms_secret_id: missing"), "{told}");
    let told = refusal(resolve(&["--pictures-path-style"]));
    assert!(told.starts_with("pictures_endpoint: missing"), "{told}");
    let told = refusal(resolve(&["--proxies", "127.0.0.1:80"]));
    assert!(told.starts_with("proxies: "), "{told}");
    let told = refusal(resolve(&["--store", "mysql://x"]));
    assert!(told.starts_with("store: "), "{told}");
}

#[test]
fn the_sandbox_alone_moves_the_clock_and_shows_a_demo() {
    let whole = Settings {
        public_url: Some("https://shop.example.com".to_owned()),
        wechat_app_id: Some("wx1".to_owned()),
        wechat_app_secret: Some("secret".to_owned()),
        wechat_mch_id: Some("1".to_owned()),
        wechat_mch_serial: Some("A".to_owned()),
        wechat_mch_private_key_file: Some("key.pem".into()),
        wechat_api_v3_key: Some("k".to_owned()),
        wechat_platform_serial: Some("B".to_owned()),
        wechat_platform_public_key_file: Some("pub.pem".into()),
        demo: Some(true),
        ..Settings::default()
    };
    assert!(refusal(whole.complete()).starts_with("demo: "));
}

#[test]
fn a_production_gateway_and_the_sandbox_are_not_mixed() {
    let sms = [
        "--sms-secret-id=AKID",
        "--sms-secret-key=key",
        "--sms-sdk-app-id=1",
        "--sms-sign-name=算盘",
        "--sms-template-id=2",
    ];
    let told = refusal(resolve(&sms));
    assert!(told.starts_with("sms_secret_id: WeChat is not configured"), "{told}");
}

#[test]
fn lists_are_separated_by_commas() {
    let settings = resolve(&["--referer-hosts", "a.example, b.example,", "--proxies", "127.0.0.1, ::1"]);
    let settings = settings.expect("settings");
    assert_eq!(settings.referer_hosts, ["a.example", "b.example"]);
    assert_eq!(settings.proxies.len(), 2);
    assert!(settings.sms.is_none() && settings.pictures.is_none());
}

#[test]
fn cookies_are_secure_wherever_tls_is_spoken() {
    let is_secure = |arguments: &[&str], address: &str| {
        resolve(arguments).expect("settings").secure_cookies(address.parse().expect("an address"))
    };
    assert!(!is_secure(&[], "127.0.0.1:8080"));
    assert!(!is_secure(&["--public-url", "http://shop.example"], "[::1]:8080"));
    assert!(is_secure(&["--public-url", "https://shop.example"], "127.0.0.1:8080"));
    assert!(is_secure(&["--read-only", "--public-url", "HTTPS://shop.example"], "127.0.0.1:8080"));
    assert!(is_secure(&[], "192.0.2.1:8080"));
}
