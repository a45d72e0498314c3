import JSON
import Testing

@testable import OperationsAPI

@Suite struct StatusOperationsTests {
    @Test func `a status is set, read and cleared`() throws {
        let fixture = try OperationsFixture()

        let set = try fixture.ask([
            "operation": "set_status", "id": "availability", "status": "Available",
        ])

        #expect(set.status == 200)
        #expect(
            set.body.objectValue?.names == ["id", "status", "__createdtime__", "__updatedtime__"])
        try fixture.expectAnswer(set.body, ["operation": "get_status", "id": "availability"])
        try fixture.expectMessage(
            "Status successfully cleared", ["operation": "clear_status", "id": "availability"])
        try fixture.expectAnswer(nil, ["operation": "get_status", "id": "availability"])
    }

    @Test func `a status without an id is the primary one and may be anything`() throws {
        let fixture = try OperationsFixture()

        let set = try fixture.ask(["operation": "set_status", "status": "warming up"])

        #expect(set.body["id"] == "primary")
        #expect(set.body["status"] == "warming up")
    }

    @Test func `a status that is set again keeps the time of its making`() throws {
        let fixture = try OperationsFixture()
        let first = try fixture.ask(["operation": "set_status", "status": "a"]).body

        let second = try fixture.ask(["operation": "set_status", "status": "b"]).body

        #expect(second["__createdtime__"] == first["__createdtime__"])
        #expect(second["status"] == "b")
    }

    @Test func `without an id all are shown, and whether a restart is due`() throws {
        let fixture = try OperationsFixture()
        _ = try fixture.ask(["operation": "set_status", "id": "maintenance", "status": "soon"])
        _ = try fixture.ask(["operation": "set_configuration", "http_cors": true])

        let body = try fixture.ask(["operation": "get_status"]).body

        #expect(body["systemStatus"]?.arrayValue?.map { $0["status"] } == ["soon"])
        #expect(body["componentStatus"] == [])
        #expect(body["restartRequired"] == true)
    }

    @Test(
        arguments: [
            (
                ["operation": "set_status", "id": "availability", "status": "Maybe"],
                "Status \"availability\" only accepts these values: Available, Unavailable"
            ),
            (
                ["operation": "set_status", "id": "weather", "status": "x"],
                "'id' must be one of [primary, maintenance, availability]"
            ),
            (["operation": "set_status"], "'status' is required"),
            (["operation": "set_status", "status": ""], "'status' is not allowed to be empty"),
            (["operation": "set_status", "status": 1], "'status' must be a string"),
            (
                ["operation": "set_status", "status": .string(String(repeating: "x", count: 513))],
                "'status' length must be less than or equal to 512 characters long"
            ),
            (
                ["operation": "get_status", "id": 1],
                "'id' must be one of [primary, maintenance, availability]"
            ),
            (["operation": "clear_status"], "'id' is required"),
        ] as [(JSONValue, String)])
    func `a malformed status is refused and nothing is set`(
        request: JSONValue, sentence: String
    ) throws {
        let fixture = try OperationsFixture()

        try fixture.expectError(400, sentence, request)

        #expect(try fixture.ask(["operation": "get_status"]).body["systemStatus"] == [])
    }

    @Test func `the longest status is accepted`() throws {
        let longest = JSONValue.string(String(repeating: "x", count: 512))

        let answer = try OperationsFixture().ask(["operation": "set_status", "status": longest])

        #expect(answer.status == 200)
    }
}
