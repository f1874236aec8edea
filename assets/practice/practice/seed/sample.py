# SPDX-License-Identifier: MIT
"""The sample world's fixed values: accounts, keys, secrets, names. Nothing here is secret: it opens only the
practice cloud on this machine. Everything else (seed, Forest stand-in, database, tests) reads them from here.
"""

from dataclasses import dataclass

REGION = "eu-west-3"
OTHER_REGIONS = ("eu-west-1", "us-east-1")

PRODUCTION_ACCOUNT = "123456789012"
STAGING_ACCOUNT = "210987654321"


@dataclass(frozen=True)
class Key:
    """An access key as the credentials file has it; a key with a session token is a temporary one."""

    access_key_id: str
    secret_access_key: str
    account: str
    session_token: str | None = None
    user: str = "engineer"


WORK_KEY = Key("AKIAPRACTICEWORK0001", "practice/work+secretAccessKey/000000001", PRODUCTION_ACCOUNT)
SESSION_KEY = Key(
    "ASIAPRACTICESESS0002",
    "practice/session+secretAccessKey/000002",
    PRODUCTION_ACCOUNT,
    session_token="FwoGZXIvYXdzPRACTICEsessionTokenThatIsStillValid0123456789==",
)
# Its token is in the file and no longer known to the cloud, as after a night.
EXPIRED_KEY = Key(
    "ASIAPRACTICEOLD00003",
    "practice/expired+secretAccessKey/000003",
    PRODUCTION_ACCOUNT,
    session_token="FwoGZXIvYXdzPRACTICEsessionTokenThatHasExpired0123456789==",
)
# May do what forest-setup does and nothing else: the policy of assets/policies/operator.json.
ENGINEER_KEY = Key("AKIAPRACTICEENGR0004", "practice/engineer+secretAccessKey/00004", PRODUCTION_ACCOUNT)
# What camille's authenticator was given: GET /_practice/mfa says the code that it shows now.
MFA_NAME = "camille"
MFA_SERIAL = f"arn:aws:iam::{PRODUCTION_ACCOUNT}:mfa/{MFA_NAME}"
MFA_SEED = "PRACTICE2CLOUD3ONE4TIME5CODE6SEE"
# The right key id with a wrong secret: every signature made with it is wrong.
BROKEN_SECRET = "practice/work+secretAccessKey/COPIEDWRONG"


@dataclass(frozen=True)
class ForestEnvironment:
    """One environment of the sample Forest project."""

    id: int
    name: str
    type: str
    secret: str
    api_endpoint: str
    maintenance: bool = False
    ip_whitelist: tuple[str, ...] = ()


FOREST_PROJECT = "Acme storefront"
FOREST_PRODUCTION_SECRET = "a1b2c3d4e5f60718293a4b5c6d7e8f900f1e2d3c4b5a69788796a5b4c3d2e1f0"
FOREST_STAGING_SECRET = "5747a61057a61057a61057a61057a61057a61057a61057a61057a61057a61057"
FOREST_MAINTENANCE_SECRET = "0503050305030503050305030503050305030503050305030503050305030503"
FOREST_WHITELIST_SECRET = "0403040304030403040304030403040304030403040304030403040304030403"
# What a user finds in ~/.forest.d/.forestrc, or makes in Forest's user settings.
FOREST_APPLICATION_TOKEN = (
    "eyJhbGciOiJIUzI1NiJ9.eyJwcmFjdGljZSI6InRva2VuIn0.c2lnbmVkLWJ5LXRoZS1wcmFjdGljZS1jbG91ZA"
)

FOREST_ENVIRONMENTS = (
    ForestEnvironment(
        101, "Production", "production", FOREST_PRODUCTION_SECRET, "https://not-deployed.example"
    ),
    ForestEnvironment(102, "Staging", "remote", FOREST_STAGING_SECRET, "https://staging.acme.example"),
    ForestEnvironment(
        103,
        "In maintenance",
        "remote",
        FOREST_MAINTENANCE_SECRET,
        "https://later.acme.example",
        maintenance=True,
    ),
    ForestEnvironment(
        104,
        "Office only",
        "remote",
        FOREST_WHITELIST_SECRET,
        "https://office.acme.example",
        ip_whitelist=("203.0.113.7",),
    ),
)

DATABASE_NAME = "storefront"
DATABASE_USER = "storefront"
DATABASE_PASSWORD = "practice-Only!1"
DATABASE_HOST = "storefront.c9akcwq.eu-west-3.rds.amazonaws.com"
# A name of the company's own, as a CNAME to the instance or a proxy in front of it would be.
DATABASE_ALIAS = "db.acme.internal"
DATABASE_PORT = 5432
# The password holds characters that a URL must encode, as real ones do.
DATABASE_URL = (
    f"postgresql://{DATABASE_USER}:practice-Only%211@{DATABASE_HOST}:{DATABASE_PORT}/{DATABASE_NAME}"
)
