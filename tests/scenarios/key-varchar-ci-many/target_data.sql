INSERT INTO t SELECT CONCAT(ELT(1 + i % 6, 'Ähre', 'apfel', 'Zebra', 'éclair', 'ßtraße', '_under'), '-', i), i FROM seq.n WHERE i < 3000 AND i % 100 <> 98;
UPDATE t SET k = UPPER(k) WHERE v % 50 = 7;
UPDATE t SET v = -v WHERE v % 50 = 8;
