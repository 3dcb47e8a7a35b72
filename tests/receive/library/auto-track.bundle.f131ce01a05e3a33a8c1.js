// stands for a part
