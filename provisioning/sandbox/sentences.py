"""What the stand-in says when it refuses, in two wordings; the vendor's own is not known."""

from __future__ import annotations

INVALID_CREDENTIALS = "Invalid username or password"
INVALID_LOGIN = "Invalid login"
UNKNOWN_ACTION = "Unknown action"
MISSING_PARAMETER = "Missing parameter: {}"
INVALID_VALUE = "Invalid value: {}"
NO_RECORDS = "No records found"

DOMAIN_MISSING = "Domain does not exist"
DOMAIN_EXISTS = "Domain already exists"
DOMAIN_IN_USE = "Domain is already in use"
DOMAIN_VERIFIED = "Domain is verified"
DOMAIN_NOT_VERIFIED = "Domain is not verified"
NO_TXT_RECORD = "No matching TXT record was found"
INVALID_DOMAIN = "Invalid domain name"
ALIAS_DOMAIN_MISSING = "Alias domain does not exist"

USER_EXISTS = "User already exists"
USER_MISSING = "User does not exist"
ADDRESS_IN_USE = "Address is already in use"
INVALID_USERNAME = "Invalid username"
INVALID_ADDRESS = "Invalid email address"
INVALID_ACCOUNT_TYPE = "Invalid account type"
WEAK_PASSWORD = "Password does not meet the requirements"  # noqa: S105 - a sentence
PASSWORDS_DIFFER = "Passwords do not match"
INVALID_QUOTA = "Invalid quota"
QUOTA_LIMIT = "Quota limit reached"
ACCOUNT_LIMIT = "Account limit reached"
ALIAS_LIMIT = "External alias limit reached"

ALIAS_MISSING = "Alias does not exist"
LIST_EXISTS = "List already exists"
LIST_MISSING = "List does not exist"
INVALID_LIST_TYPE = "Invalid list type"
MEMBER_EXISTS = "Member already exists"
MEMBER_MISSING = "Member does not exist"
FORWARD_EXISTS = "Forward already exists"
FORWARD_MISSING = "Forward does not exist"

INVALID_COLOR = "Invalid brand color"
INVALID_LOGO = "Invalid logo"
LOGO_TOO_LARGE = "Logo is too large"

_ALTERNATE = {
    INVALID_CREDENTIALS: "Access denied: wrong username or password",
    INVALID_LOGIN: "Login failed",
    UNKNOWN_ACTION: "No such action",
    NO_RECORDS: "Nothing found: the collection is empty",
    DOMAIN_MISSING: "The domain was not found",
    DOMAIN_EXISTS: "You already have this domain",
    DOMAIN_IN_USE: "This domain name already exists on our system",
    DOMAIN_VERIFIED: "Ownership of this domain has been verified",
    DOMAIN_NOT_VERIFIED: "Please verify the domain first",
    NO_TXT_RECORD: "The verification record was not found",
    INVALID_DOMAIN: "This is not a valid domain",
    USER_EXISTS: "A user with this name already exists",
    USER_MISSING: "The user was not found",
    ADDRESS_IN_USE: "This address already exists",
    INVALID_USERNAME: "This is not a valid user name",
    INVALID_ADDRESS: "This is not a valid address",
    WEAK_PASSWORD: "The password is too weak",
    INVALID_QUOTA: "The quota is not valid",
    QUOTA_LIMIT: "You are not allowed more quota",
    ACCOUNT_LIMIT: "You have reached the limit of your plan",
    ALIAS_MISSING: "The alias was not found",
    LIST_EXISTS: "A list with this name already exists",
    LIST_MISSING: "The list was not found",
    MEMBER_EXISTS: "This address is already a member",
    MEMBER_MISSING: "The member was not found",
    FORWARD_EXISTS: "This forward already exists",
    FORWARD_MISSING: "The forward was not found",
}


class Refused(Exception):
    """The vendor's no: it becomes code 0 with this sentence; nothing was changed."""

    def __init__(self, sentence: str, *, status: int = 200) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status


def worded(sentence: str, wording: str) -> str:
    """Return the sentence in the chosen wording."""
    return _ALTERNATE.get(sentence, sentence) if wording == "alternate" else sentence
