import JSON
import Testing

@testable import OperationsAPI

@Suite struct ConfigurationOperationsTests {
    @Test func `what is set is what is shown, without the members of the request`() throws {
        let fixture = try OperationsFixture()

        try fixture.expectMessage(
            "Configuration successfully set. You must restart HarperDB for new config settings to "
                + "take effect.",
            [
                "operation": "set_configuration", "logging_rotation_maxSize": "12M",
                "transact_to_cluster": false,
            ])

        try fixture.expectAnswer(
            ["logging_rotation_maxSize": "12M"], ["operation": "get_configuration"])
    }

    @Test func `the node's refusal is the answer`() throws {
        try OperationsFixture().expectError(
            400, "not spinach", ["operation": "set_configuration", "http_cors": "spinach"])
    }
}
