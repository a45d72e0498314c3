import NodeRuntime
import Testing

@Suite struct RestartRequestTests {
    @Test func `whoever waits is told`() async {
        let request = RestartRequest()

        async let told: Void = request.wait()
        request.make()
        await told

        #expect(request.isMade)
    }

    @Test func `whoever comes later is told at once`() async {
        let request = RestartRequest()
        request.make()

        await request.wait()

        #expect(request.isMade)
    }

    @Test func `a cancelled wait ends without a request`() async {
        let request = RestartRequest()
        let waiting = Task { await request.wait() }

        waiting.cancel()
        await waiting.value

        #expect(!request.isMade)
    }
}
