INSERT INTO t SELECT i, 'row' FROM seq.n WHERE i < 10;
