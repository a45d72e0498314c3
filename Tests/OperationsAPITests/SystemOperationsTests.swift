import JSON
import Testing

@testable import OperationsAPI

@Suite struct SystemOperationsTests {
    @Test func `system information has every part unless some are asked for`() throws {
        let fixture = try OperationsFixture.withDogs()

        let answer = try fixture.ask(["operation": "system_information"])

        #expect(answer.status == 200)
        #expect(
            answer.body.objectValue?.names == [
                "system", "time", "cpu", "memory", "disk", "network", "harperdb_processes",
                "table_size", "metrics", "threads", "replication",
            ])
    }

    @Test func `only the parts that are asked for are there, and unknown ones do no harm`() throws {
        let fixture = try OperationsFixture()

        let answer = try fixture.ask([
            "operation": "system_information", "attributes": ["memory", "time", "weather", 1],
        ])

        #expect(answer.body.objectValue?.names == ["time", "memory"])
        for name in ["current", "uptime", "timezone", "timezoneName"] {
            #expect(answer.body["time"]?[name] != nil, "\(name)")
        }
        for name in [
            "total", "free", "used", "active", "available", "swaptotal", "swapused", "swapfree",
        ] {
            #expect(answer.body["memory"]?[name]?.integerValue != nil, "\(name)")
        }
    }

    @Test func `asking for unknown parts only is answered with none`() throws {
        try OperationsFixture()
            .expectAnswer([:], ["operation": "system_information", "attributes": ["weather"]])
    }

    @Test func `what Studio reads is there and of its type`() throws {
        let body = try OperationsFixture().ask(["operation": "system_information"]).body

        #expect(body["cpu"]?["manufacturer"]?.stringValue != nil)
        #expect(body["cpu"]?["brand"]?.stringValue != nil)
        #expect(body["cpu"]?["cores"]?.integerValue != nil)
        #expect(body["cpu"]?["physicalCores"]?.integerValue != nil)
        #expect(body["cpu"]?["current_load"]?["currentload"]?.doubleValue != nil)
        #expect(body["disk"]?["size"]?.arrayValue?.first?["size"]?.integerValue != nil)
        #expect(body["disk"]?["size"]?.arrayValue?.first?["used"]?.integerValue != nil)
        #expect(body["disk"]?["size"]?.arrayValue?.first?["mount"]?.stringValue != nil)
        #expect(body["network"]?["stats"]?.arrayValue?.first?["tx_bytes"]?.integerValue != nil)
        #expect(body["network"]?["stats"]?.arrayValue?.first?["rx_bytes"]?.integerValue != nil)
        #expect(body["network"]?["latency"]?["ms"] == .null)
        #expect(body["system"]?["platform"] == "linux")
        #expect(body["harperdb_processes"]?["core"]?.arrayValue?.first?["pid"] != nil)
    }

    @Test func `tables are listed with their records`() throws {
        let fixture = try OperationsFixture.withDogs()
        try fixture.insertDogs([["id": 1], ["id": 2]])

        let sizes = try fixture.ask([
            "operation": "system_information", "attributes": ["table_size"],
        ]).body["table_size"]?.arrayValue

        #expect(sizes?.map { $0["table"] } == ["dog"])
        #expect(sizes?.first?["record_count"] == 2)
    }

    @Test func `a licence is kept and registers the node`() throws {
        let fixture = try OperationsFixture()
        let before = try fixture.ask(["operation": "registration_info"]).body
        #expect(
            before.objectValue?.names == [
                "registered", "version", "ram_allocation", "license_expiration_date",
            ])
        #expect(before["registered"] == false)
        #expect(before["version"] == "4.2.0")

        try fixture.expectMessage(
            "Wrote license key file.  Registration successful.",
            ["operation": "set_license", "key": "abc", "company": "me"])

        #expect(try fixture.ask(["operation": "registration_info"]).body["registered"] == true)
    }

    @Test(
        arguments: [
            ["operation": "set_license"], ["operation": "set_license", "key": "", "company": ""],
            ["operation": "set_license", "key": 1, "company": "me"],
        ] as [JSONValue])
    func `a licence without a key and a company is refused`(request: JSONValue) throws {
        try OperationsFixture()
            .expectError(400, "Invalid key or company specified for license file.", request)
    }

    @Test func `a licence that is too long is refused`() throws {
        let long = JSONValue.string(String(repeating: "x", count: 4_097))

        try OperationsFixture().expectError(
            400, "'key' and 'company' have at most 4096 bytes each",
            ["operation": "set_license", "key": long, "company": "me"])
    }

    @Test func `the fingerprint stays the same`() throws {
        let fixture = try OperationsFixture()

        let first = try fixture.ask(["operation": "get_fingerprint"])
        let second = try fixture.ask(["operation": "get_fingerprint"])

        #expect(first.message?.isEmpty == false)
        #expect(first == second)
    }

    @Test func `a restart is answered and asked for`() throws {
        let fixture = try OperationsFixture()

        try fixture.expectMessage(
            "Restarting HarperDB. This may take up to 60 seconds.", ["operation": "restart"])

        #expect(fixture.node.restarts.value == 1)
    }

    @Test(arguments: [
        ("http_workers", "http_workers"), ("http", "http"), ("harperdb", "harperdb"),
        ("custom_functions", "Custom Functions"), ("custom functions", "custom functions"),
        ("clustering", "clustering"), ("clustering_config", "clustering_config"),
    ])
    func `every service is restarted with the node`(service: String, shown: String) throws {
        let fixture = try OperationsFixture()

        try fixture.expectMessage(
            "Restarting \(shown)",
            ["operation": "restart_service", "service": .string(service)])

        #expect(fixture.node.restarts.value == 1)
    }

    @Test(arguments: ["sshd", "", 1, nil] as [JSONValue])
    func `an unknown service is refused and nothing restarts`(service: JSONValue) throws {
        let fixture = try OperationsFixture()

        try fixture.expectError(
            400, "Invalid service", ["operation": "restart_service", "service": service])

        #expect(fixture.node.restarts.value == 0)
    }

    @Test(arguments: [
        ("system_information", "systemInformation"), ("get_fingerprint", "getFingerprint"),
        ("set_license", "setLicense"), ("restart", "restart"),
        ("restart_service", "restartService"), ("get_configuration", "getConfiguration"),
        ("set_configuration", "setConfiguration"), ("read_log", "readLog"),
        ("set_status", "setStatus"), ("get_status", "getStatus"),
        ("clear_status", "clearStatus"), ("get_backup", "getBackup"),
    ])
    func `other roles are refused by the name that HarperDB has for it`(
        operation: String, name: String
    ) throws {
        let fixture = try OperationsFixture()
        let login = try fixture.loginOfAnotherRole()

        let answer = try fixture.ask(["operation": .string(operation)], login: login)

        #expect(answer.status == 403)
        #expect(
            answer.body["unauthorized_access"] == [
                .string("Operation '\(name)' is restricted to 'super_user' roles")
            ])
        #expect(fixture.node.restarts.value == 0)
    }

    @Test func `every role may read the registration`() throws {
        let fixture = try OperationsFixture()
        let login = try fixture.loginOfAnotherRole()

        #expect(try fixture.ask(["operation": "registration_info"], login: login).status == 200)
    }

    @Test(arguments: [
        ("restart", "close"), ("restart_service", "close"), ("system_information", nil),
    ])
    func `a restart ends the connection that asked for it`(
        operation: String, connection: String?
    ) throws {
        let response = try OperationsFixture().response([
            "operation": .string(operation), "service": "http",
        ])

        #expect(response.status == .ok)
        #expect(response.fields["Connection"] == connection)
    }
}
