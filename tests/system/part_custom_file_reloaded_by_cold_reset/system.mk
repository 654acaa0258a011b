CUSTOM_1 := table.txt
