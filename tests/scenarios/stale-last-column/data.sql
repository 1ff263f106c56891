INSERT INTO t SELECT i, i, 'right' FROM seq.n WHERE i < 50;
