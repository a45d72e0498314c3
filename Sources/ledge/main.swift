print("ledge")
