import type { LabelledImages } from '../../arrays.js';

/** A file of a public set: where it lies and how it is known to be the right one. */
export interface SetFile {
  readonly name: string;
  /** Tried in order. */
  readonly urls: readonly string[];
  readonly size: number;
  /** As published with the file. */
  readonly md5?: string;
  readonly sha256?: string;
}

/** What a data set is, where it comes from and under which terms. */
export interface SetInfo {
  readonly name: string;
  readonly title: string;
  readonly homepage: string;
  readonly licence: string;
  readonly citation: string;
  readonly classes: readonly string[];
  readonly files: readonly SetFile[];
}

/** A set of labelled images. */
export interface ImageSet {
  readonly name: string;
  readonly train: LabelledImages;
  readonly test: LabelledImages;
  /** The name of each label. */
  readonly classes: readonly string[];
  readonly about: SetInfo;
}

const mnistMirrors = [
  'https://ossci-datasets.s3.amazonaws.com/mnist/',
  'https://storage.googleapis.com/cvdf-datasets/mnist/',
];

const fashionMirrors = [
  'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
  'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/',
];

const movielensMirror = ['https://files.grouplens.org/datasets/movielens/'];

function file(
  mirrors: readonly string[],
  name: string,
  size: number,
  checksums: { md5?: string; sha256?: string },
): SetFile {
  return { name, urls: mirrors.map((mirror) => mirror + name), size, ...checksums };
}

/**
 * The public sets that can be fetched. Checksums: MNIST as in torchvision (MD5) and TensorFlow Datasets (SHA-256);
 * Fashion-MNIST as in its authors' README (MD5) and TensorFlow Datasets; CIFAR-10 as on its page (MD5) and in
 * TensorFlow Datasets; MovieLens as published beside the archive (MD5) or in TensorFlow Datasets (SHA-256).
 */
export const publicSets = {
  mnist: {
    name: 'mnist',
    title: 'MNIST handwritten digits: 60,000 + 10,000 grey images of 28 x 28',
    homepage: 'http://yann.lecun.com/exdb/mnist/',
    licence: 'CC BY-SA 3.0 (Yann LeCun, Corinna Cortes, Christopher Burges)',
    citation:
      'Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-based learning applied to document recognition. Proc. IEEE 86(11), 1998.',
    classes: ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    files: [
      file(mnistMirrors, 'train-images-idx3-ubyte.gz', 9912422, {
        md5: 'f68b3c2dcbeaaa9fbdd348bbdeb94873',
        sha256: '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609',
      }),
      file(mnistMirrors, 'train-labels-idx1-ubyte.gz', 28881, {
        md5: 'd53e105ee54ea40749a09fcbcd1e9432',
        sha256: '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c',
      }),
      file(mnistMirrors, 't10k-images-idx3-ubyte.gz', 1648877, {
        md5: '9fb629c4189551a2d022fa330f9573f3',
        sha256: '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6',
      }),
      file(mnistMirrors, 't10k-labels-idx1-ubyte.gz', 4542, {
        md5: 'ec29112dd5afa0611ce80d1b7f02629c',
        sha256: 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6',
      }),
    ],
  },
  'fashion-mnist': {
    name: 'fashion-mnist',
    title: 'Fashion-MNIST: 60,000 + 10,000 grey images of clothing, 28 x 28',
    homepage: 'https://github.com/zalandoresearch/fashion-mnist',
    licence: 'MIT (Zalando SE)',
    citation:
      'H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms. arXiv:1708.07747, 2017.',
    classes: [
      'T-shirt/top',
      'Trouser',
      'Pullover',
      'Dress',
      'Coat',
      'Sandal',
      'Shirt',
      'Sneaker',
      'Bag',
      'Ankle boot',
    ],
    files: [
      file(fashionMirrors, 'train-images-idx3-ubyte.gz', 26421880, {
        md5: '8d4fb7e6c68d591d4c3dfef9ec88bf0d',
        sha256: '3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84',
      }),
      file(fashionMirrors, 'train-labels-idx1-ubyte.gz', 29515, {
        md5: '25c81989df183df01b3e8a0aad5dffbe',
        sha256: 'a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845',
      }),
      file(fashionMirrors, 't10k-images-idx3-ubyte.gz', 4422102, {
        md5: 'bef4ecab320f06d8554ea6380940ec79',
        sha256: '346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073',
      }),
      file(fashionMirrors, 't10k-labels-idx1-ubyte.gz', 5148, {
        md5: 'bb300cfdad3c16e7a12a480ee83cd310',
        sha256: '67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5',
      }),
    ],
  },
  'cifar-10': {
    name: 'cifar-10',
    title: 'CIFAR-10: 50,000 + 10,000 colour images of 10 things, 32 x 32',
    homepage: 'https://www.cs.toronto.edu/~kriz/cifar.html',
    licence: 'none stated; free for research with citation',
    citation:
      'A. Krizhevsky: Learning multiple layers of features from tiny images. Technical report, University of Toronto, 2009.',
    classes: ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'],
    files: [
      file(['https://www.cs.toronto.edu/~kriz/'], 'cifar-10-binary.tar.gz', 170052171, {
        md5: 'c32a1d4ab5d03f1284b67883e8d87530',
        sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
      }),
    ],
  },
  'movielens-100k': {
    name: 'movielens-100k',
    title: 'MovieLens 100K: 100,000 ratings of 1,682 films by 943 people',
    homepage: 'https://grouplens.org/datasets/movielens/100k/',
    licence: 'research only, no redistribution, no commercial use (GroupLens, University of Minnesota)',
    citation:
      'F. M. Harper, J. A. Konstan: The MovieLens datasets: history and context. ACM TiiS 5(4), 2015.',
    classes: [],
    files: [
      file(movielensMirror, 'ml-100k.zip', 4924029, {
        md5: '0e33842e24a9c977be4e0107933c0723',
        sha256: '50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229',
      }),
    ],
  },
  'movielens-latest-small': {
    name: 'movielens-latest-small',
    title: 'MovieLens Latest Small (September 2018): 100,836 ratings of 9,724 films by 610 people',
    homepage: 'https://grouplens.org/datasets/movielens/latest/',
    licence: 'research only, no commercial use (GroupLens, University of Minnesota)',
    citation:
      'F. M. Harper, J. A. Konstan: The MovieLens datasets: history and context. ACM TiiS 5(4), 2015.',
    classes: [],
    files: [
      file(movielensMirror, 'ml-latest-small.zip', 978202, {
        sha256: '696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436',
      }),
    ],
  },
} as const satisfies Readonly<Record<string, SetInfo>>;
