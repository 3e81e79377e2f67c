"""Every role has a reason, and nothing else is granted."""

import re

from tests.unit.infra.bicep import FILES, Bicep

# Role definition: its name, and what of the app fails without it.
APP_ROLES = {
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": (
        "Storage Blob Data Owner",
        "the host keeps leases, timer state, function keys and large orchestration messages in "
        "blobs (the documentation of AzureWebJobsStorage names this role), and Flex Consumption "
        "reads the package from its container",
    ),
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": (
        "Storage Queue Data Contributor",
        "NotifyEvent reads event-queue and writes event-queue-poison, ordering/storage/queues.py "
        "sends, and Durable Functions makes and uses the queues of its task hub",
    ),
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": (
        "Storage Table Data Contributor",
        "ordering/storage/tables.py makes and uses the tables inventory, orders and payments, and "
        "Durable Functions those of its task hub",
    ),
    "3913510d-42f4-4e42-8a64-420c390055eb": (
        "Monitoring Metrics Publisher",
        "the host sends telemetry to an Application Insights without local authentication",
    ),
    "0ad04412-c4d5-4796-b79c-f76d14c8d402": (
        "Durable Task Data Contributor",
        "with durableBackend=durableTaskScheduler orchestrations live there",
    ),
}
OPERATOR_ROLES = {
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": (
        "Storage Queue Data Contributor",
        "tools.events lists the messages of the poison queue and sends them again",
    ),
    "76199698-9eea-4c19-bc75-cec21354c6b6": (
        "Storage Table Data Reader",
        "tools.audit reads the tables",
    ),
}
GUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def granted(name: str) -> set[str]:
    """Return the roles of variables of this name: appRole(s), operatorRoles."""
    text = "\n".join(Bicep(path).code for path in FILES)
    declared = re.findall(rf"(?ms)^var {name} = ('[^']+'|\[.*?\])$", text)
    return {role for value in declared for role in re.findall(GUID, value)}


def test_the_app_has_the_roles_it_needs_and_no_other() -> None:
    assert granted("appRoles?") == set(APP_ROLES)


def test_an_operator_has_the_roles_that_the_tools_need_and_no_other() -> None:
    assert granted("operatorRoles") == set(OPERATOR_ROLES)


def test_no_role_is_anywhere_else() -> None:
    text = "\n".join(Bicep(path).code for path in FILES)
    assert set(re.findall(GUID, text)) == set(APP_ROLES) | set(OPERATOR_ROLES)
    assert text.count("'Microsoft.Authorization/roleAssignments@") == 4


def test_a_comment_names_each_role() -> None:
    text = "\n".join(Bicep(path).text for path in FILES)
    for name, _reason in (*APP_ROLES.values(), *OPERATOR_ROLES.values()):
        assert f"// {name}:" in text


def test_a_role_is_granted_at_one_resource_not_at_the_group() -> None:
    scopes = "account|applicationInsights|scheduler::hub"
    for path in FILES:
        code = Bicep(path).code
        for assignment in re.findall(r"(?ms)^resource \w+ '[^']*roleAssignments@.*?^\}", code):
            assert re.search(rf"(?m)^  scope: ({scopes})$", assignment)
