from ordering.storage.shared_key import SharedKeyPolicy

KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def test_a_signature_covers_method_type_date_and_path() -> None:
    """The expected values are from openssl: `openssl dgst -sha256 -mac HMAC -macopt hexkey:...`."""
    policy = SharedKeyPolicy("devstoreaccount1", KEY)
    date = "Wed, 25 Nov 2026 00:00:00 GMT"
    url = "http://127.0.0.1:10002/devstoreaccount1/orders(PartitionKey='o%27%271',RowKey='r')?a=b"
    assert policy.signature("GET", url, "", date) == "NJA9ImSQw7e8+lWFYliVQZbMmhkgzN4Fu6UGpOEWwAU="
    url = "http://127.0.0.1:10002/devstoreaccount1/$batch"
    kind = "multipart/mixed; boundary=batch_b"
    assert (
        policy.signature("POST", url, kind, date) == "8YUOJak+jTKnEtrFdw5Gphh+8+0reZbzR0tm57FuMFA="
    )
