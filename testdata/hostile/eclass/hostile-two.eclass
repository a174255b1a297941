inherit hostile-one
