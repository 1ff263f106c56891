INSERT INTO `we``ird` VALUES (1, 1, 'one'), (2, 2, 'two'), (3, 3, 'three');
INSERT INTO `has space` VALUES (1, 1, 'one'), (2, 2, 'two'), (3, 3, 'three');
INSERT INTO `dot.ted` VALUES (1, 1, 'one'), (2, 2, 'two'), (3, 3, 'three');
INSERT INTO `größe` VALUES (1, 1, 'one'), (2, 2, 'two'), (3, 3, 'three');
INSERT INTO `it's "quoted"` VALUES (1, 1, 'one'), (2, 2, 'two'), (3, 3, 'three');
INSERT INTO `100%` VALUES (1, 1, 'one'), (2, 2, 'two'), (3, 3, 'three');
INSERT INTO `select` VALUES (1, 1, 'one'), (2, 2, 'two'), (3, 3, 'three');
INSERT INTO `new
line` VALUES (1, 1, 'one'), (2, 2, 'two'), (3, 3, 'three');
INSERT INTO `a/b\c` VALUES (1, 1, 'one'), (2, 2, 'two'), (3, 3, 'three');
INSERT INTO `-- x; drop` VALUES (1, 1, 'one'), (2, 2, 'two'), (3, 3, 'three');
INSERT INTO `#[]{}*?` VALUES (1, 1, 'one'), (2, 2, 'two'), (3, 3, 'three');
