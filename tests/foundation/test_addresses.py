from __future__ import annotations

import pytest

from renqing.foundation.addresses import Target, UrlRefused, is_public, judge_url

PUBLIC = ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001:82a::200e"]
NOT_PUBLIC = [
    *("127.0.0.1", "127.8.9.1", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),  # noqa: S104 - an address to refuse
    *("169.254.169.254", "169.254.0.1", "100.64.0.1", "100.100.100.200", "100.127.255.255", "168.63.129.16"),
    *("192.0.0.1", "192.0.0.170", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "192.88.99.1"),
    *("224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("::1", "::", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1"),
    *("::ffff:10.0.0.1", "::ffff:8.8.8.8", "::ffff:169.254.169.254", "::127.0.0.1", "::8.8.8.8"),
    *("64:ff9b::a00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::1", "2002:7f00:1::", "2002:808:808::", "2001::1"),
    *("2001:db8::1", "2001:10::1", "2001:20::1", "3fff::1", "2620:4f:8000::1", "100::1", "5f00::1", "4000::1"),
    *("127.1", "0x7f.0.0.1", "2130706433", "0177.0.0.1", "localhost", "", "1.2.3.4.5", "8.8.8.8 "),
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_machine_may_be_called(address):
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_what_is_inside_or_reserved_or_in_disguise_may_not(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://hooks.example.com", ("hooks.example.com", 443, "/")),
        ("https://hooks.example.com/a?b=c", ("hooks.example.com", 443, "/a?b=c")),
        ("https://HOOKS.Example.com:8443/", ("hooks.example.com", 8443, "/")),
        ("https://xn--fsqu00a.xn--fiqs8s/x", ("xn--fsqu00a.xn--fiqs8s", 443, "/x")),
        ("https://8.8.8.8/x", ("8.8.8.8", 443, "/x")),
        ("https://[2606:4700:4700::1111]/x", ("2606:4700:4700::1111", 443, "/x")),
        ("https://hooks.example.com./x", ("hooks.example.com.", 443, "/x")),
    ],
)
def test_a_plain_https_address_of_somebody_elses_is_taken(url, target):
    assert judge_url(url) == Target(True, *target)  # noqa: FBT003 - https


REFUSED = {
    "scheme": [
        *("http://hooks.example.com/", "ftp://hooks.example.com/", "file:///etc/passwd", "gopher://hooks.example.com/"),
        *("javascript:alert(1)", "//hooks.example.com/", "hooks.example.com", "data:text/plain,x", "unix:/run/x"),
        *("http://127.0.0.1/", "http://localhost/", "http://[::1]/"),
    ],
    "port": [
        *("https://hooks.example.com:22/", "https://hooks.example.com:80/", "https://hooks.example.com:5432/"),
        *("https://hooks.example.com:444/", "https://8.8.8.8:25/"),
    ],
    "characters": [
        *("https://hooks.example.com@10.0.0.1/", "https://user:word@hooks.example.com/", "https://a\\@10.0.0.1/"),
        *("https://hooks.example.com/#fragment", "https://hooks.example.com/\r\nx: y", "https://hooks.example.com/ x"),
        *(
            "https://hooks.example.com/\tx",
            "https://例子.中国/",
            "https://hooks.example.com/\u2028",
            "https://ⅼocalhost/",
        ),
        *(
            "https://127.0.0.1%2f@hooks.example.com/",
            "https://hooks.example.com%00.evil.example/",
            "https://[fe80::1%25eth0]/",
        ),
        "https://hooks.example.com/" + "x" * 500,
        "",
    ],
    "host": [
        *("https:///x", "https://127.1/", "https://0x7f.0x0.0x0.0x1/", "https://0x7f000001/", "https://2130706433/"),
        *("https://0177.0.0.1/", "https://017700000001/", "https://1.2.3/", "https://-hooks.example.com/"),
        *("https://hooks..example.com/", "https://.example.com/", "https://hooks.example.com:x/", "https://[::1/"),
        *("https://hooks.example.com:99999/", "https://hooks.example.0x7f/", "https://" + "a" * 64 + ".example.com/"),
        *("https://a.b;c.com/", "https://127.0.0.1:80:443/", "https://hooks.example.com../", "https://999.1.1.1/"),
    ],
    "inside": [
        *("https://127.0.0.1/", "https://10.0.0.1/", "https://169.254.169.254/latest/meta-data/", "https://0.0.0.0/"),
        *("https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://[::ffff:a00:1]/", "https://[fd00:ec2::254]/"),
        *("https://[64:ff9b::10.0.0.1]/", "https://[2002:a00:1::]/", "https://100.100.100.200/", "https://localhost/"),
        *("https://intranet/", "https://db.local/", "https://metadata.google.internal/", "https://x.localhost/"),
        *("https://postgres/", "https://hooks.home.arpa/", "https://LOCALHOST./"),
    ],
}


@pytest.mark.parametrize(("reason", "url"), [(reason, url) for reason, urls in REFUSED.items() for url in urls])
def test_everything_else_is_refused_with_its_reason(reason, url):
    with pytest.raises(UrlRefused) as refused:
        judge_url(url)
    assert refused.value.reason == reason


def test_this_machine_may_be_called_by_plain_http_only_where_that_is_allowed_and_nothing_else_of_the_inside():
    for url in ("http://127.0.0.1:9000/x", "http://localhost:80/", "http://[::1]:7/", "https://127.0.0.1:9443/"):
        assert judge_url(url, loopback=True).target.startswith("/")
    for url in (
        *("http://127.0.0.2/", "http://127.1/", "http://10.0.0.1/", "http://hooks.example.com/", "https://10.0.0.1/"),
        *("http://localhost.example.com/", "http://127.0.0.1@10.0.0.1/", "https://169.254.169.254/", "http://0.0.0.0/"),
    ):
        with pytest.raises(UrlRefused):
            judge_url(url, loopback=True)


def test_the_host_header_names_the_port_where_it_is_not_the_usual_one():
    assert judge_url("https://hooks.example.com/").authority == "hooks.example.com"
    assert judge_url("https://hooks.example.com:8443/").authority == "hooks.example.com:8443"
    assert judge_url("https://[2606:4700:4700::1111]/").authority == "[2606:4700:4700::1111]"
    assert judge_url("http://127.0.0.1:9000/", loopback=True).authority == "127.0.0.1:9000"
