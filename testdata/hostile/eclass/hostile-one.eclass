inherit hostile-two
