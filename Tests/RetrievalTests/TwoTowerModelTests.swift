import Identifiers
import Retrieval
import Testing

@Suite struct TwoTowerModelTests {
    @Test func `a query is the mean of its items' embeddings`() {
        var small = SmallModel(items: 3, [[]])
        small.itemRows = [[1, 0], [0, 1], [5, 5]]
        small.readerRows = [[0, 0]]

        let query = small.model.query(of: [ItemIndex(0), ItemIndex(1)])

        #expect(query == [0.5, 0.5])
    }

    @Test func `an item that is asked with twice counts twice`() {
        var small = SmallModel(items: 2, [[]])
        small.itemRows = [[3, 0], [0, 3]]
        small.readerRows = [[0, 0]]

        let query = small.model.query(of: [ItemIndex(0), ItemIndex(0), ItemIndex(1)])

        #expect(abs(query[0] - 2) < 1e-6 && abs(query[1] - 1) < 1e-6)
    }

    @Test func `the nearest readers have the largest dot product, of equals the first`() {
        var small = SmallModel(items: 1, [[], [], [], []])
        small.itemRows = [[1, 0]]
        small.readerRows = [[1, 9], [2, 0], [2, 7], [-1, 0]]

        let nearest = small.model.nearestReaders(to: [1, 0], limit: 3)

        #expect(nearest.map(\.reader.place) == [1, 2, 0])
        #expect(nearest.map(\.score) == [2, 2, 1])
    }

    @Test(arguments: [(0, 0), (1, 1), (4, 4), (5, 4)])
    func `there are as many nearest readers as asked for, or as there are`(limit: Int, count: Int) {
        let small = SmallModel.checkerboard(size: 4)

        #expect(small.model.nearestReaders(to: [1, 0, 0, 0], limit: limit).count == count)
    }

    @Test func `a reader's items come back in their order with their ratings`() {
        let small = SmallModel(items: 3, [[], [(2, 10), (0, 7), (1, 0)]])

        let rated = small.model.readership.ratedItems(of: ReaderIndex(1))

        #expect(rated.map(\.item.place) == [2, 0, 1])
        #expect(rated.map(\.rating) == [10, 7, 0])
        #expect(small.model.readership.ratedItems(of: ReaderIndex(0)).isEmpty)
    }
}
