INSERT INTO t SELECT i, 'value A', 1 FROM seq.n WHERE i < 50;
