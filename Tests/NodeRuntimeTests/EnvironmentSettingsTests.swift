import NodeRuntime
import Telemetry
import Testing

@Suite struct EnvironmentSettingsTests {
    private static func configuration(
        _ environment: [String: String]
    ) throws(NodeError) -> NodeConfiguration {
        var configuration = NodeConfiguration(root: "/srv/ledge", name: "host")
        try EnvironmentSettings.apply(environment, to: &configuration)
        return configuration
    }

    @Test func `the variables of HarperDB's image are understood`() throws {
        let configuration = try Self.configuration([
            "HDB_ADMIN_USERNAME": "admin", "HDB_ADMIN_PASSWORD": "secret", "NODE_NAME": "edge-7",
            "SERVER_PORT": "19925", "CUSTOM_FUNCTIONS_PORT": "19926", "LOG_LEVEL": "error",
            "LOG_TO_STDSTREAMS": "false", "CORS_ON": "false", "HTTPS_ON": "false",
            "CUSTOM_FUNCTIONS": "true", "RUN_IN_FOREGROUND": "true", "CLUSTERING": "true",
            "CLUSTERING_PORT": "12345", "CLUSTERING_USER": "cu", "CLUSTERING_PASSWORD": "cp",
            "CUSTOM_FUNCTIONS_DIRECTORY": "/srv/functions",
        ])

        #expect(configuration.superUser == Credentials(username: "admin", password: "secret"))
        #expect(configuration.name == "edge-7")
        #expect(configuration.operationsPort == 19_925)
        #expect(configuration.functionsPort == 19_926)
        #expect(configuration.logLevel == .error)
        #expect(!configuration.logsToStandardError)
        #expect(!configuration.operationsOrigins.areAllowed)
        #expect(configuration.functionsOrigins.areAllowed)
    }

    @Test func `every setting has a variable, which wins over the image's short name`() throws {
        let configuration = try Self.configuration([
            "SERVER_PORT": "1", "OPERATIONSAPI_NETWORK_PORT": "2",
            "HTTP_CORSACCESSLIST": "https://a.example,https://b.example",
        ])

        #expect(configuration.operationsPort == 2)
        #expect(configuration.functionsOrigins.list == ["https://a.example", "https://b.example"])
    }

    @Test func `without variables ports and login are HarperDB's`() throws {
        let configuration = try Self.configuration([:])

        #expect(configuration.operationsPort == 9_925)
        #expect(configuration.functionsPort == 9_926)
        #expect(
            configuration.superUser == Credentials(username: "HDB_ADMIN", password: "password"))
    }

    @Test func `an empty variable says nothing`() throws {
        let configuration = try Self.configuration(["SERVER_PORT": "", "HTTPS_ON": ""])

        #expect(configuration.operationsPort == NodeConfiguration.operationsPortDefault)
    }

    @Test(arguments: [
        ("SERVER_PORT", "99999"), ("SERVER_PORT", "http"), ("CUSTOM_FUNCTIONS_PORT", "-1"),
        ("LOG_LEVEL", "loud"), ("CORS_ON", "maybe"), ("CLUSTERING_PORT", "x"),
        ("CLUSTERING", "perhaps"), ("HTTPS_ON", "yes"), ("HTTPS_ON", "true"),
        ("LOGGING_ROTATION_MAXSIZE", "many"),
    ])
    func `a malformed value is refused with the variable's name`(
        name: String, value: String
    ) {
        let error = #expect(throws: NodeError.self) { try Self.configuration([name: value]) }

        #expect(error?.code == .badConfiguration)
        #expect(error?.message.contains(name) == true)
    }

    @Test func `ROOTPATH names the root unless it is empty`() {
        #expect(EnvironmentSettings.root(["ROOTPATH": "/srv/hdb"]) == "/srv/hdb")
        #expect(EnvironmentSettings.root(["ROOTPATH": ""]) == nil)
    }
}
