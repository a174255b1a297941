inherit hostile-self
