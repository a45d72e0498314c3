import Identifiers
import Retrieval
import Testing

@testable import Recommendation

@Suite struct VarietyTests {
    /// Items 0 and 1 are one title; 2 to 5 are one series; 6 and 7 stand alone.
    private func pick(_ limit: Int, chosen: [Int] = [], seriesMax: Int = 2) -> [Int] {
        let variety = Variety(
            editions: [0, 0, 2, 3, 4, 5, 6, 7], series: [0, 0, 1, 1, 1, 1, 0, 0],
            seriesMax: seriesMax)
        let ranking = (0..<8).filter { !chosen.contains($0) }.map { item in
            RankedItem(item: ItemIndex(item), score: Float(8 - item), because: ItemIndex(item))
        }
        return variety.pick(limit, from: ranking, chosen: chosen.map { ItemIndex($0) })
            .map(\.item.place)
    }

    @Test func `a title comes once, in its best edition`() {
        #expect(pick(3) == [0, 2, 3])
    }

    @Test func `an edition of what was chosen does not come`() {
        #expect(pick(3, chosen: [0]) == [2, 3, 6])
    }

    @Test func `a series has no more volumes than asked for`() {
        #expect(pick(5) == [0, 2, 3, 6, 7])
        #expect(pick(5, seriesMax: 1) == [0, 2, 6, 7, 3])
        #expect(pick(5, seriesMax: 100) == [0, 2, 3, 4, 5])
    }

    @Test func `volumes that were passed over fill an answer that is too short`() {
        #expect(pick(7) == [0, 2, 3, 6, 7, 4, 5])
        #expect(pick(100).count == 7)
    }
}
